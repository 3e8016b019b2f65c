"""What the signer reads in the database for itself, as the values that its rules judge."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from loa_server.areas.models import Area
from loa_server.areas.reach import standing_of
from loa_server.bulletins.models import Approval, Revision
from loa_server.fleet.models import Node
from loa_server.signer.rules import Evidence
from loa_wire.bulletin import Bulletin
from loa_wire.parse import UnreadableError, decode


@transaction.atomic  # one moment of the database, not several
def evidence_of(revision_id: int, now: datetime) -> Evidence | None:
    """None where there is no such revision."""
    revision = (
        Revision.objects.select_related("bulletin__home", "approval__approver")
        .filter(pk=revision_id)
        .first()
    )
    if revision is None:
        return None
    bulletin, payload = revision.bulletin, bytes(revision.payload)
    approval: Approval | None = getattr(revision, "approval", None)
    newest = Approval.objects.filter(revision__bulletin=bulletin).aggregate(
        newest=Max("revision__rev")
    )
    unedited = bulletin.state in ("approved", "published") and bulletin.rev == revision.rev
    areas = frozenset(bulletin.areas.values_list("pk", flat=True))
    return Evidence(
        bulletin=bulletin.id,
        rev=revision.rev,
        state=bulletin.state,
        newest_approved=newest["newest"] or 0,
        payload=payload,
        revision_sha256=revision.sha256,
        revision_author=revision.author_id,
        bulletin_author=bulletin.author_id,
        approval_sha256=approval.sha256 if approval else None,
        approval_author=approval.author_id if approval else None,
        approver=standing_of(approval.approver, now) if approval else None,
        home=bulletin.home.path,
        paths=paths_of(_aimed(payload)),
        written=(bulletin.level, areas) if unedited else None,
    )


def paths_of(areas: list[str]) -> dict[str, str]:
    return dict(Area.objects.filter(pk__in=areas).values_list("pk", "path"))


def path_of_node(node_id: str) -> str | None:
    """None unless the node is active: nothing is signed for one that is not."""
    node = Node.objects.select_related("area").filter(pk=node_id).first()
    return node.area.path if node is not None and node.status == Node.Status.ACTIVE else None


def _aimed(payload: bytes) -> list[str]:
    try:
        return decode(payload, Bulletin).areas
    except UnreadableError:
        return []  # the rules say so in their own words
