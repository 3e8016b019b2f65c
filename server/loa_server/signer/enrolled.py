"""What the signer reads of a card's key, as the values that `certifying` judges."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from loa_server.areas import secondfactor, totp
from loa_server.areas.reach import standing_of
from loa_server.bulletins.models import Approval, Ending
from loa_server.fleet.models import Enrolment
from loa_server.signer.certifying import Asked, Renewal, TakenIn
from loa_server.signer.evidence import FRESH_S, path_of_node


@transaction.atomic  # one moment of the database, not several
def asked_of(keyhash: str, now: datetime) -> Asked | None:
    row = Enrolment.objects.select_related("approved_by", "renews").filter(pk=keyhash).first()
    if row is None:
        return None
    node = row.node_id or ""
    return Asked(
        keyhash=row.keyhash,
        csr=row.csr,
        node=node,
        path=path_of_node(node),
        state=row.state,
        word=_renewal(row) or _taken_in(row, now),
    )


def is_held(node: str, row: Enrolment) -> bool:
    """The node's latest key, or the one that renewed to it: an answer may get lost on its way."""
    newest = Enrolment.objects.filter(node_id=node, issued_at__isnull=False).order_by("-issued_at")
    latest = newest.first()
    return latest is not None and row.pk in (latest.pk, latest.renews_id)


def _renewal(row: Enrolment) -> Renewal | None:
    old = row.renews
    if old is None:
        return None
    held = old.node_id == row.node_id and is_held(str(row.node_id), old)
    again = row.issued_at is not None and is_held(str(row.node_id), row)
    return Renewal(cert=old.cert, proof=row.proof, held=held or again)


def _taken_in(row: Enrolment, now: datetime) -> TakenIn | None:
    person, at = row.approved_by, row.approved_at
    if person is None or at is None:
        return None
    secret = secondfactor.secret_of(person)
    meant = abs(at.timestamp() - row.step * totp.STEP_S) <= FRESH_S
    elsewhere = (
        Enrolment.objects.filter(approved_by=person, step=row.step).exclude(pk=row.pk).exists()
        or Approval.objects.filter(approver=person, step=row.step).exists()
        or Ending.objects.filter(person=person, step=row.step).exists()
    )
    good = secret is not None and totp.is_code_of(secret, row.step, row.code)
    proved = meant and good and not elsewhere
    return TakenIn(standing_of(person, now), at, row.step, proved)
