"""What the signer reads in the database for itself, as the values that its rules judge."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Max

from loa_server.areas import secondfactor, totp
from loa_server.areas.models import Area
from loa_server.areas.reach import standing_of
from loa_server.bulletins import endings
from loa_server.bulletins.models import Approval, Countersign, Ending, FirstApproval, Revision
from loa_server.ceremony.keyfile import verifies
from loa_server.dispatch.hushed import went_out
from loa_server.fleet.models import Node
from loa_server.signer.rules import Evidence, First, Order, Second, Typed
from loa_wire import dsse
from loa_wire.bulletin import Bulletin
from loa_wire.parse import UnreadableError, decode
from loa_wire.trusted import RegisterKey

FRESH_S: Final = 90
"""Between a code's half minute and the bytes that were made with it."""


@transaction.atomic  # one moment of the database, not several
def evidence_of(
    revision_id: int,
    now: datetime,
    registered: Sequence[RegisterKey] = (),
    two_for: Collection[str] = (),
) -> Evidence | None:
    """None where there is no such revision. `registered`: the keys of the register in force;
    `two_for`: the genres that need two approvers, by the signer's own configuration."""
    revision = (
        Revision.objects.select_related("bulletin__home", "approval__approver")
        .filter(pk=revision_id)
        .first()
    )
    if revision is None:
        return None
    bulletin, payload = revision.bulletin, bytes(revision.payload)
    approval: Approval | None = getattr(revision, "approval", None)
    unedited = bulletin.state in ("approved", "published") and bulletin.rev == revision.rev
    areas = frozenset(bulletin.areas.values_list("pk", flat=True))
    return Evidence(
        bulletin=bulletin.id,
        rev=revision.rev,
        state=bulletin.state,
        newest_approved=_newest_approved(revision),
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
        second=_second(revision, now, registered),
        order=_order(revision, now),
        typed=_typed(approval) if approval else None,
        first=_first(revision, now),
        two_for=two_for,
    )


def _newest_approved(revision: Revision) -> int:
    approved = Approval.objects.filter(revision__bulletin=revision.bulletin_id)
    return approved.aggregate(newest=Max("revision__rev"))["newest"] or 0


def _first(revision: Revision, now: datetime) -> First | None:
    row = FirstApproval.objects.select_related("approver").filter(revision=revision).first()
    if row is None:
        return None
    return First(row.sha256, row.author_id, standing_of(row.approver, now), _typed(row))


def _typed(approval: Approval | FirstApproval) -> Typed:
    return Typed(
        code=approval.code,
        step=approval.step,
        at=approval.at.timestamp(),
        secret=secondfactor.secret_of(approval.approver),
        uses=_words(approval.approver_id, approval.step)
        + Ending.objects.filter(person=approval.approver, step=approval.step).count(),
    )


def _words(person: int, step: int) -> int:
    """Approvals of either place that name this person's code."""
    places = (Approval.objects, FirstApproval.objects)
    return sum(rows.filter(approver=person, step=step).count() for rows in places)


def _second(revision: Revision, now: datetime, registered: Sequence[RegisterKey]) -> Second | None:
    row = Countersign.objects.select_related("officer").filter(revision=revision).first()
    if row is None:
        return None
    keys = {key.keyid: key for key in registered if key.may == ["countersign"]}
    key = keys.get(row.keyid)
    message = dsse.pae(dsse.payload_type("bulletin"), bytes(revision.payload))
    good = key is not None and verifies(key.public, bytes(row.sig), message)
    return Second(
        sha256=row.sha256,
        officer=standing_of(row.officer, now),
        approver=row.approver_id,
        holder=key.holder if key is not None and good else None,
    )


def _order(revision: Revision, now: datetime) -> Order | None:
    row = Ending.objects.select_related("person", "target").filter(revision=revision).first()
    if row is None:
        return None
    return Order(
        sha256=row.sha256,
        person=standing_of(row.person, now),
        whole=_whole(revision, row),
        proved=_proved(revision, row),
        step=row.step,
    )


def _whole(revision: Revision, row: Ending) -> bytes | None:
    """Made again from what was published, for the moment that the bytes themselves name."""
    try:
        said = decode(bytes(revision.payload), Bulletin)
    except UnreadableError:
        return None
    if row.area_id is not None:
        return endings.hush(row.area_id, said.level, revision.bulletin_id, said.iat).encode()
    if row.target is None:
        return None
    out = went_out(row.target)
    published = [decode(bytes(each.payload), Bulletin) for each in out]
    if not published:
        return None
    made = endings.compose(said.kind, published, revision.bulletin_id, said.iat)
    return made.encode() if isinstance(made, Bulletin) else None


def _proved(revision: Revision, row: Ending) -> bool:
    """The order's own moment, by the person's own app; the code is spent on nothing else."""
    secret = secondfactor.secret_of(row.person)
    try:
        iat = decode(bytes(revision.payload), Bulletin).iat
    except UnreadableError:
        return False
    meant = abs(iat / 1000 - row.step * totp.STEP_S) <= FRESH_S
    elsewhere = (
        Ending.objects.filter(person=row.person, step=row.step).exclude(pk=row.pk).exists()
        or _words(row.person_id, row.step) > 0
    )
    good = secret is not None and totp.is_code_of(secret, row.step, row.code)
    return meant and good and not elsewhere


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
