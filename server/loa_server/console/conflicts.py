"""Trùng lịch: two bulletins that want the same minutes of the same loudspeakers, and what to do.

What happens if nobody decides is what the nodes do: one session, the more urgent first, then the
one planned earlier, then the older (`loa_wire.programme`). That is Tiếp nối. Dời moves this one to
after the other's end; Ghi đè takes the other's clashing starts out, by a revision of the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from loa_server.bulletins import payload
from loa_server.bulletins.models import Bulletin as Row
from loa_server.bulletins.payload import Draft
from loa_server.bulletins.refusal import Refusal
from loa_server.console.week import DAY_MS, DAYS, House, programme
from loa_wire.bulletin import Bulletin
from loa_wire.localtime import to_local
from loa_wire.parse import decode
from loa_wire.programme import Item

STEP_MS: Final = 5 * 60_000
MOST_SHOWN: Final = 4
SETTLEMENTS: Final = ("append", "move", "override")


@dataclass(frozen=True, slots=True)
class Clash:
    """This draft at one time of day, and one bulletin that is there already."""

    clock: str  # of this one, as typed
    other: str  # bulletin id
    title: dict[str, str]
    days: int
    moments: tuple[str, ...]  # the other's clashing starts, as `skip_times` names them
    waits: bool  # this one comes after the other
    free: str  # the first time of day at which both are done with each other


def clashes(
    houses: Sequence[House], draft: Bulletin, now: datetime, until: int | None = None
) -> list[Clash]:
    """At any of these nodes, in the next seven days or until then (ms)."""
    start = int(now.timestamp() * 1000)
    end = start + DAYS * DAY_MS if until is None else until
    found: dict[tuple[str, str], list[tuple[Item, Item]]] = defaultdict(list)
    for house in houses:
        items = programme(house, start, end, [draft]).items()
        mine = [item for item in items if item.bulletin.id == draft.id and item.planned]
        others = [item for item in items if item.bulletin.id != draft.id and item.planned]
        for item in mine:
            for other in others:
                if _overlap(item, other):
                    clock = to_local(item.planned).strftime("%H:%M")
                    found[clock, other.bulletin.id].append((item, other))
    return [_clash(clock, pairs) for (clock, _other), pairs in sorted(found.items())]


def frozen(draft: Draft, now: datetime) -> Bulletin | None:
    """The draft as nodes would get it; None while it lacks something that another page asks."""
    made = payload.freeze(draft, int(now.timestamp() * 1000))
    return None if isinstance(made, Refusal) else decode(made, Bulletin)


def moved(times: Sequence[str], clash: Clash) -> list[str]:
    """The draft's times of day with this one put behind the other."""
    return sorted({clash.free if time == clash.clock else time for time in times})


def may_override(other: Row | None, person: int) -> bool:
    """Only its author takes a start out of a bulletin, and a second person approves that too."""
    return other is not None and other.author_id == person and other.state == "published"


def _overlap(one: Item, other: Item) -> bool:
    return (
        other.planned < one.planned + one.duration and one.planned < other.planned + other.duration
    )


def _clash(clock: str, pairs: Sequence[tuple[Item, Item]]) -> Clash:
    other = pairs[0][1].bulletin
    ends = [_of_day(o.planned + o.duration, o.planned) for _mine, o in pairs]
    return Clash(
        clock=clock,
        other=other.id,
        title=dict(other.title),
        days=len({to_local(mine.planned).date() for mine, _o in pairs}),
        moments=tuple(sorted({to_local(o.planned).strftime("%Y-%m-%dT%H:%M") for _m, o in pairs})),
        waits=any(o.start < mine.start for mine, o in pairs),
        free=_clock(-(-max(ends) // STEP_MS) * STEP_MS),
    )


def _of_day(end: int, begun: int) -> int:
    """Milliseconds since the midnight before `begun`, in the hamlets' time."""
    midnight = to_local(begun).replace(hour=0, minute=0, second=0, microsecond=0)
    return end - int(midnight.timestamp() * 1000)


def _clock(ms: int) -> str:
    minutes = ms // 60_000 % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
