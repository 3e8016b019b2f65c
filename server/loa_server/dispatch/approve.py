"""The second person's word, and the outbox row, in one transaction.

An emergency gets its outbox row from the duty officer, in `urgent`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from loa_server.areas.models import Person
from loa_server.areas.reach import standing_of
from loa_server.bulletins.approval import Approve, decide, wrong_state
from loa_server.bulletins.models import Approval, Bulletin, Revision
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import GONE, STALE, facts_of, find, note
from loa_server.dispatch.hint import hint
from loa_server.dispatch.models import Intent
from loa_wire.bulletin import Bulletin as WireBulletin
from loa_wire.parse import decode

EXPIRED = Refusal(
    "expired",
    "Bản tin đã quá hạn trong lúc chờ duyệt; hãy trả lại để người soạn chọn thời gian mới.",
    "The bulletin ran out while it waited; send it back for a new time.",
)

PATIENCE = timedelta(minutes=10)
"""From an emergency's submission to its second signature; the duty signer counts by itself."""
TOO_OLD = Refusal(
    "too_old",
    "Bản tin khẩn cấp phải được ký trong 10 phút kể từ lúc trình; hãy trả lại để trình lại ngay.",
    "An emergency must be signed within 10 minutes of its submission; send it back to be submitted"
    " again at once.",
)


def _late(bulletin: WireBulletin, now: datetime) -> Refusal | None:
    if bulletin.exp <= now.timestamp() * 1000:
        return EXPIRED
    return TOO_OLD if bulletin.level == "emergency" and too_old(bulletin, now) else None


def too_old(bulletin: WireBulletin, now: datetime) -> bool:
    return now.timestamp() * 1000 - bulletin.iat > PATIENCE.total_seconds() * 1000


def approve(
    bulletin_id: str, person: Person, shown_sha256: str, now: datetime
) -> Approval | Refusal:
    """`shown_sha256` is the hash of the revision that the approver's page showed."""
    with transaction.atomic():
        approval = _approve(bulletin_id, person, shown_sha256, now)
    if isinstance(approval, Approval):
        hint()
    return approval


def _approve(
    bulletin_id: str, person: Person, shown_sha256: str, now: datetime
) -> Approval | Refusal:
    bulletin = find(bulletin_id)
    if bulletin is None:
        return GONE
    state = decide(facts_of(bulletin), standing_of(person, now), Approve())
    if isinstance(state, Refusal):
        return state
    revision = Revision.objects.get(bulletin=bulletin, rev=bulletin.rev)
    if revision.sha256 != shown_sha256:
        return STALE
    frozen = decode(bytes(revision.payload), WireBulletin)
    if (late := _late(frozen, now)) is not None:
        return late
    asked = Bulletin.objects.filter(pk=bulletin_id, state=bulletin.state, rev=revision.rev)
    if asked.update(state=state, changed_at=now) != 1:
        return wrong_state(bulletin.state)
    note(bulletin_id, person, "approve", now, sha256=shown_sha256)
    if not (frozen.level == "emergency" and frozen.kind == "play"):
        Intent.objects.create(what="bulletin", revision=revision, made_at=now)
    return Approval.objects.create(
        revision=revision,
        sha256=shown_sha256,
        author_id=revision.author_id,
        approver=person,
        at=now,
    )
