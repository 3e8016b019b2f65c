"""The second person's word, and the outbox row, in one transaction.

An emergency gets its outbox row from the duty officer, in `urgent`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from loa_server.areas import secondfactor
from loa_server.areas.models import Person
from loa_server.areas.reach import standing_of
from loa_server.bulletins import notices
from loa_server.bulletins.approval import Approve, decide, wrong_state
from loa_server.bulletins.models import Approval, Bulletin, FirstApproval, Revision, State
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import GONE, STALE, facts_of, find, note
from loa_server.bulletins.watching import HELD, Hit, hits, words_for
from loa_server.dispatch.hint import hint
from loa_server.dispatch.hushed import HUSHED_SINCE, hushed_since
from loa_server.dispatch.inbox import hand_down
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


def _hushed(bulletin: Bulletin, revision: Revision) -> Refusal | None:
    return HUSHED_SINCE if hushed_since(bulletin, revision.submitted_at) else None


def too_old(bulletin: WireBulletin, now: datetime) -> bool:
    return now.timestamp() * 1000 - bulletin.iat > PATIENCE.total_seconds() * 1000


def watched(frozen: WireBulletin, words: Iterable[str]) -> list[Hit]:
    """Where words stand that its approver must have looked at; an alarm waits for no list."""
    if frozen.level == "emergency":
        return []
    ticker = {"": frozen.screen.ticker}
    return hits((frozen.title, frozen.text, ticker), words)


@dataclass(frozen=True, slots=True)
class Word:
    """What stood on the approver's page: the hash of the bytes shown, the code typed under it."""

    sha256: str
    code: str
    looked: bool = False  # at the places where watched words stand


def approve(
    bulletin_id: str, person: Person, word: Word, now: datetime
) -> Approval | FirstApproval | Refusal:
    """A `FirstApproval` where the genre needs two people and this was the first."""
    with transaction.atomic():
        bulletin = find(bulletin_id)
        approval = _approve(bulletin, person, word, now) if bulletin else GONE
    if isinstance(approval, Approval):
        hint()
    return approval


def _approve(
    bulletin: Bulletin, person: Person, word: Word, now: datetime
) -> Approval | FirstApproval | Refusal:
    state = decide(facts_of(bulletin), standing_of(person, now), Approve())
    if isinstance(state, Refusal):
        return state
    revision = Revision.objects.get(bulletin=bulletin, rev=bulletin.rev)
    if revision.sha256 != word.sha256:
        return STALE
    frozen = decode(bytes(revision.payload), WireBulletin)
    paths = [bulletin.home.path, *bulletin.areas.values_list("path", flat=True)]
    found = watched(frozen, words_for(paths))
    late = _late(frozen, now) or _hushed(bulletin, revision)
    held = HELD if found and not word.looked else None
    held = notices.NOT_BY_FORM if notices.strays(frozen) else held
    proved = held or late or secondfactor.prove(person, word.code, now)
    if isinstance(proved, Refusal):
        return proved
    first = state == bulletin.state  # of two: it goes on waiting, and keeps its place in the queue
    asked = Bulletin.objects.filter(pk=bulletin.pk, state=bulletin.state, rev=revision.rev)
    if asked.update(state=state, changed_at=bulletin.changed_at if first else now) != 1:
        return wrong_state(bulletin.state)
    if found:
        said = ", ".join(sorted({hit.found for hit in found}))
        note(bulletin.pk, person, "release", now, why=said[:300], sha256=word.sha256)
    return _stored(FirstApproval if first else Approval, revision, person, proved, now)


def _stored(
    kind: type[Approval | FirstApproval],
    revision: Revision,
    person: Person,
    proved: secondfactor.Proved,
    now: datetime,
) -> Approval | FirstApproval:
    if kind is FirstApproval:
        note(revision.bulletin_id, person, "first_approve", now, sha256=revision.sha256)
    else:
        note(revision.bulletin_id, person, "approve", now, sha256=revision.sha256)
        frozen = decode(bytes(revision.payload), WireBulletin)
        if not (frozen.level == "emergency" and frozen.kind == "play"):
            _send(revision, frozen, now)
    return kind.objects.create(
        revision=revision,
        sha256=revision.sha256,
        author_id=revision.author_id,
        approver=person,
        at=now,
        code=proved.code,
        step=proved.step,
    )


def _send(revision: Revision, frozen: WireBulletin, now: datetime) -> None:
    """To the loudspeakers, or before the communes that decide for themselves."""
    only = hand_down(revision, frozen, now) if frozen.kind == "play" else None
    if only != []:
        Intent.objects.create(what="bulletin", revision=revision, only=only, made_at=now)
        return
    Bulletin.objects.filter(pk=revision.bulletin_id).update(state=State.PUBLISHED)
    note(revision.bulletin_id, None, "handed", now, sha256=revision.sha256)
