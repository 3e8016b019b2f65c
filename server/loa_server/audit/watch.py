"""The engine reads the log as it grows, and all of it again and again, in small pieces.

So a page can say how the chain is without hashing it, and a line that is changed long after it
was written is found within hours. What the engine finds it also says in the machine's log, with
the head once an hour: a copy of that log elsewhere is a witness (`audit verify --heads`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from loa_server.audit import book, chain
from loa_server.audit.chain import Broken, Finding, Head, Row, Sound, Why
from loa_server.audit.models import Entry, Watch

PIECE: Final = 2000
FRESH: Final = 200
NOTED_EVERY: Final = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """As a page shows it. `found` is about the first `checked` of `entries`."""

    found: Finding
    checked: int
    entries: int
    head: str
    whole_at: datetime | None


def state() -> State:
    """What the engine found, and the last few entries that it has not read yet."""
    held = _watch()
    front = Head(held.seq, held.sha256)
    broken = _before_now(held)
    rows = _rows(front.seq - 1, None, FRESH) if broken is None else []
    end = Head(rows[-1].seq, rows[-1].sha256) if 0 < len(rows) < FRESH else book.last()
    found = broken or _follows(rows, front)
    checked = found.head.seq if isinstance(found, Sound) else end.seq
    return State(found, checked, end.seq, end.sha256, held.whole_at)


def walk_once(now: datetime, piece: int = PIECE) -> bool:
    """One piece of what is new and one of the second look. True: there is more that is new."""
    held = _watch()
    before, front = _before_now(held), Head(held.seq, held.sha256)
    found = _front(front, piece)
    if isinstance(found, Sound):
        held.seq, held.sha256 = found.head.seq, found.head.sha256
        found = _again(held, now, piece)
    held.looked_at = now
    held.broken_seq, held.broken_why = _wrong(found)
    if isinstance(found, Broken) and found != before:
        log.error("audit log broken at entry %d: %s", found.seq, found.why)
    _note(held, now)
    held.save()
    return held.seq - front.seq == piece


def _front(front: Head, most: int) -> Finding:
    return _follows(_rows(front.seq - 1, None, most + bool(front.seq)), front)


def _follows(rows: list[Row], front: Head) -> Finding:
    """Does the log still hold what was verified last, and does the rest follow from it?"""
    if not front.seq:
        return chain.verify(rows, since=front)
    if not rows or (rows[0].seq, rows[0].sha256) != (front.seq, front.sha256):
        return Broken(front.seq, "head")
    return chain.verify(rows[1:], since=front)


def _again(held: Watch, now: datetime, piece: int) -> Finding:
    since = Head(held.again_seq, held.again_sha256)
    found = chain.verify(_rows(since.seq, held.seq, piece), since=since)
    if isinstance(found, Broken):
        return found
    if found.head.seq < held.seq:
        held.again_seq, held.again_sha256 = found.head.seq, found.head.sha256
        return found
    held.again_seq, held.again_sha256, held.whole_at = 0, chain.EMPTY, now
    return found if found.head.sha256 == held.sha256 else Broken(held.seq, "edited")


def _rows(after: int, upto: int | None, most: int) -> list[Row]:
    asked = Entry.objects.filter(pk__gt=after)
    if upto is not None:
        asked = asked.filter(pk__lte=upto)
    return [
        chain.row(*entry)
        for entry in asked.order_by("pk").values_list("seq", "line", "sha256")[:most]
    ]


def _note(held: Watch, now: datetime) -> None:
    if held.seq and (held.noted_at is None or now - held.noted_at >= NOTED_EVERY):
        log.info("audit head %d %s", held.seq, held.sha256)
        held.noted_at = now


def _watch() -> Watch:
    return Watch.objects.filter(pk=1).first() or Watch(pk=1)


def _before_now(held: Watch) -> Broken | None:
    if held.broken_seq is None:
        return None
    return Broken(held.broken_seq, cast(Why, held.broken_why))


def _wrong(found: Finding) -> tuple[int | None, str]:
    return (found.seq, found.why) if isinstance(found, Broken) else (None, "")
