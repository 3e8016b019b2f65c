"""Hộp tin: what came from above waits for a commune's own people, who take it or decline it.

A copy says the same words; the commune chooses when, adds a voice in a language of its own, and
its own second person and key stand under it. A stop from above reaches the copies by their
`origin`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from loa_server.areas.models import HAMLETS, Area, Grant, Person, Role
from loa_server.areas.reach import standing_of, within
from loa_server.audit.book import record
from loa_server.bulletins import payload
from loa_server.bulletins.models import Bulletin, Media, Revision, State
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Sound, Working, create, note
from loa_server.dispatch import handing
from loa_server.dispatch.hint import hint
from loa_server.dispatch.models import InboxItem, Intent
from loa_wire.bulletin import Bulletin as WireBulletin
from loa_wire.localtime import LOCAL
from loa_wire.parse import decode

PIECE = 200
GONE = Refusal("gone", "Không tìm thấy bản tin này trong hộp tin.", "It is not in the inbox.")
ANSWERED = Refusal(
    "answered",
    "Bản tin này vừa có người xử lý rồi; hãy tải lại trang.",
    "Somebody has just answered this one; load the page again.",
)
OVER = Refusal("over", "Bản tin này đã hết hạn.", "This bulletin has run out.")
RECALLED = Refusal(
    "recalled", "Cấp trên đã thu hồi bản tin này.", "This bulletin was recalled from above."
)
MUST_PLACE = Refusal(
    "must_place",
    "Bản tin ưu tiên bắt buộc phát: hãy nhận và chọn giờ.",
    "A priority bulletin must be played: take it and choose when.",
)
NO_WHY = Refusal(
    "no_why",
    "Hãy ghi lý do không phát, để cấp trên biết.",
    "Say why it is not played, so that whoever sent it knows.",
)
OUTSIDE = Refusal(
    "outside",
    "Bạn không phụ trách hộp tin của nơi này.",
    "You do not answer for this place's inbox.",
)


def hand_down(revision: Revision, frozen: WireBulletin, now: datetime) -> list[str] | None:
    """In the transaction of the approval. Ids of the areas that it goes to at once; None: to all
    that it names."""
    home = revision.bulletin.home.path
    desks = staffed_below(home, now)
    aimed = list(Area.objects.filter(pk__in=frozen.areas).values_list("path", flat=True))
    if not desks:
        return None
    inside = list(Area.objects.filter(within(aimed)).values_list("path", flat=True))
    found = handing.routes(home, aimed, desks, inside)
    if not found.desks:
        return None
    older = InboxItem.objects.filter(revision__bulletin=revision.bulletin)
    older.filter(state=InboxItem.State.WAITING).update(state=InboxItem.State.REPLACED)
    due = handing.due(frozen, now)
    InboxItem.objects.bulk_create(
        InboxItem(revision=revision, area_id=area, at=now, due=due, exp=frozen.exp)
        for area in handing.ids(found.desks)
    )
    return handing.ids(found.direct)


def staffed_below(home: str, now: datetime) -> list[str]:
    """Places under this one with an author and an approver of their own, two people."""
    return staffed(staff_below(home, now).values_list("area__path", "role", "person_id"))


def staff_below(home: str, now: datetime) -> QuerySet[Grant]:
    today = now.astimezone(LOCAL).date()
    return Grant.objects.filter(
        within([home], "area__path"),
        ~Q(area__kind__in=HAMLETS),  # a commune's hamlets are its own
        Q(until=None) | Q(until__gte=today),
        role__in=(Role.AUTHOR, Role.APPROVER),
        person__is_active=True,
    ).exclude(area__path=home)


def staffed(rows: Iterable[tuple[str, str, Any]]) -> list[str]:
    """Of (path, role, person): the paths where two can do what takes two."""
    held: dict[str, dict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
    for path, role, person in rows:
        held[path][role].add(person)
    return [
        path
        for path, roles in held.items()
        if roles[Role.AUTHOR]
        and roles[Role.APPROVER]
        and len(roles[Role.AUTHOR] | roles[Role.APPROVER]) > 1
    ]


def who_decides(home: str, aimed: Sequence[str], desks: Sequence[str]) -> list[str]:
    """Paths of the communes that would find it in their inbox."""
    return list(handing.routes(home, aimed, desks, []).desks)


def of(scopes: Sequence[str], now: datetime) -> QuerySet[InboxItem]:
    """What waits in the inboxes of these places."""
    ms = round(now.timestamp() * 1000)
    waiting = InboxItem.objects.filter(within(scopes, "area__path"), exp__gt=ms)
    return waiting.filter(state=InboxItem.State.WAITING)


@transaction.atomic
def take(item_id: int, person: Person, now: datetime) -> str | Refusal:
    """The commune's own draft of it, its times as proposed from above; the id of that draft."""
    item = _open(item_id, person, now)
    if isinstance(item, Refusal):
        return item
    frozen = decode(bytes(item.revision.payload), WireBulletin)
    made = create(person, item.area_id, _working(frozen, item.area), now)
    if isinstance(made, Refusal):
        return made
    Bulletin.objects.filter(pk=made).update(
        origin=item.revision.bulletin, origin_rev=item.revision.rev
    )
    if not _answer(item, InboxItem.State.TAKEN, person, now, copy_id=made):
        transaction.set_rollback(True)
        return ANSWERED
    _tell("inbox_take", item, person, now, "")
    return made


@transaction.atomic
def decline(item_id: int, person: Person, why: str, now: datetime) -> InboxItem | Refusal:
    item = _open(item_id, person, now)
    if isinstance(item, Refusal):
        return item
    if item.due is not None:
        return MUST_PLACE
    if not why.strip():
        return NO_WHY
    if not _answer(item, InboxItem.State.DECLINED, person, now, why=why.strip()):
        return ANSWERED
    _tell("inbox_decline", item, person, now, why.strip())
    return item


@transaction.atomic
def reopen(item_id: int, person: Person, now: datetime) -> InboxItem | Refusal:
    """What was declined waits again: nothing had been sent."""
    declined = InboxItem.State.DECLINED
    item = _open(item_id, person, now, declined)
    if isinstance(item, Refusal):
        return item
    asked = InboxItem.objects.filter(pk=item.pk, state=declined)
    again = {"state": InboxItem.State.WAITING, "person": None, "why": "", "answered_at": None}
    if not asked.update(**again):
        return ANSWERED
    _tell("inbox_reopen", item, person, now, "")
    return item


def _open(
    item_id: int, person: Person, now: datetime, state: str = InboxItem.State.WAITING
) -> InboxItem | Refusal:
    asked = InboxItem.objects.select_related("revision__bulletin__home", "area")
    item = asked.filter(pk=item_id).first()
    if item is None:
        return GONE
    if not standing_of(person, now).may("author", item.area.path):
        return OUTSIDE
    if item.revision.bulletin.state == State.RECALLED:
        return RECALLED
    if item.state != state:
        return ANSWERED
    return OVER if item.exp <= now.timestamp() * 1000 else item


def _answer(
    item: InboxItem, state: str, person: Person | None, now: datetime, **columns: Any
) -> bool:
    """Of two people who press at once one is told."""
    asked = InboxItem.objects.filter(pk=item.pk, state=InboxItem.State.WAITING)
    return asked.update(state=state, person=person, answered_at=now, **columns) == 1


def _tell(verb: str, item: InboxItem, person: Person, now: datetime, why: str) -> None:
    subject = item.revision.bulletin_id
    detail = {"area": item.area_id, **({"why": why} if why else {})}
    record(verb, who=person.username, subject=subject, detail=detail, at=now, place=item.area.path)


def _working(frozen: WireBulletin, area: Area) -> Working:
    """The same words, voices and pictures for this commune's part of the places."""
    aimed = Area.objects.filter(within([area.path]), pk__in=frozen.areas)
    inside = tuple(aimed.values_list("pk", flat=True)) or (area.pk,)
    hashes = [sound.sha256 for sound in frozen.audio.values()]
    made = dict(Media.objects.filter(pk__in=hashes).values_list("sha256", "origin"))
    return Working(
        title=dict(frozen.title),
        text=dict(frozen.text),
        areas=inside,
        schedule=msgspec.to_builtins(frozen.schedule) if frozen.schedule else {},
        voices={
            lang: Sound(
                sound.sha256,
                payload.text_sha256(frozen.text.get(lang, ""))
                if made.get(sound.sha256, "").startswith("tts:")
                else "",
            )
            for lang, sound in frozen.audio.items()
        },
        pictures=tuple(image.sha256 for image in frozen.images),
        kind=frozen.kind,
        level=frozen.level,
        genre=frozen.genre,
        source_number=frozen.source.number,
        source_issuer=frozen.source.issuer,
        ticker=frozen.screen.ticker,
    )


def play_what_is_overdue(now: datetime) -> bool:
    """A priority bulletin that a commune has not placed in time is played there as it was written
    above: signed by the district's key, sent to that commune alone."""
    placed = (State.APPROVED, State.PUBLISHED, State.ENDED)
    late = InboxItem.objects.filter(
        Q(state=InboxItem.State.WAITING) | Q(state=InboxItem.State.TAKEN), due__lte=now
    ).exclude(copy__state__in=placed)
    late = late.exclude(revision__bulletin__state=State.RECALLED)
    found = list(late.select_related("revision__bulletin", "area")[:PIECE])
    for item in found:
        with transaction.atomic():
            same = InboxItem.objects.filter(pk=item.pk, state=item.state)
            if same.update(state=InboxItem.State.OVERDUE, answered_at=now):
                Intent.objects.create(
                    what="bulletin", revision=item.revision, only=[item.area_id], made_at=now
                )
                note(item.revision.bulletin_id, None, "overdue", now, why=item.area.name)
    if found:
        hint()
    return len(found) == PIECE
