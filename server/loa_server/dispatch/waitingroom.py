"""Cards that ask to be taken in, and who goes when there are too many.

Anybody may ask, so anybody may fill the room; a card that nobody has heard of for longest goes
first, out of the neighbourhood that holds most. A card that still hangs on its wall asks again
within minutes and has the same code. Cards of a lot were paid for with its token: nobody crowds
them out, and they find room always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from loa_server.addresses import neighbourhood
from loa_server.fleet.models import Enrolment

FORGOTTEN: Final = timedelta(days=1)
"""A card that waits asks on; one that was switched off asks again and gets the same code."""
LONGEST: Final = timedelta(days=7)
"""However often it asks: a real one begins anew, and what was made up has to be made up again."""


@dataclass(frozen=True, slots=True)
class Room:
    """For cards without a token. A commune's may all come from behind one router."""

    in_all: int
    of_one_address: int


ROOM: Final = Room(in_all=5000, of_one_address=500)


@dataclass(frozen=True, slots=True)
class Waiting:
    keyhash: str
    address: str
    heard: datetime


def make_room(room: Room, address: str, now: datetime) -> None:
    """For one more without a token, from `address`. Inside a transaction."""
    forget_the_old(now)
    waiting = Enrolment.objects.filter(state=Enrolment.State.PENDING, batch=None)
    if waiting.count() < min(room.in_all, room.of_one_address):
        return
    rows = [Waiting(*row) for row in waiting.values_list("keyhash", "address", "last_at")]
    gone = crowded_out(rows, room, address)
    if gone:
        waiting.filter(keyhash__in=gone).delete()


def crowded_out(waiting: Sequence[Waiting], room: Room, address: str) -> list[str]:
    """Who goes so that one more fits. A hundredth at a time: a flood must not cost a look each."""
    of_it = [one for one in waiting if one.address == address]
    if len(of_it) >= room.of_one_address:
        return _silent_longest(of_it, len(of_it) - room.of_one_address + 1)
    if len(waiting) < room.in_all:
        return []
    fullest, _ = Counter(neighbourhood(one.address) for one in waiting).most_common(1)[0]
    there = [one for one in waiting if neighbourhood(one.address) == fullest]
    return _silent_longest(there, len(waiting) - room.in_all + max(1, room.in_all // 100))


def _silent_longest(waiting: Sequence[Waiting], number: int) -> list[str]:
    return [one.keyhash for one in sorted(waiting, key=lambda one: one.heard)[:number]]


def forget_the_old(now: datetime) -> int:
    """Who has not asked for a day or waits for a week. Returns how many were forgotten."""
    silent = Q(last_at__lt=now - FORGOTTEN) | Q(first_at__lt=now - LONGEST, batch=None)
    return Enrolment.objects.filter(silent, state=Enrolment.State.PENDING).delete()[0]
