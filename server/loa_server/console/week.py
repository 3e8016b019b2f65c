"""The coming days of a node or a commune, by the very function that the loudspeaker asks. Pure.

What is due, in which order, and what will not sound and why, is `loa_wire.programme.compose`'s
answer for each node; here the answers of a commune's nodes are only laid upon each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from loa_server.console.plain import EARLIEST, LATEST
from loa_wire.bulletin import Bulletin
from loa_wire.localtime import at_local, to_local, window_end
from loa_wire.place import Assignment, Settings
from loa_wire.programme import CHIME_MS, GRACE_MS, Missed, Programme, compose, quiet_windows

DAYS: Final = 7
DAY_MS: Final = 86_400_000
HOURS: Final = range(4, 22)
"""Rows that are always there; an hour outside appears when something is in it."""


@dataclass(frozen=True, slots=True)
class House:
    """One node as the district knows it: its signed papers, what it holds, what it has done."""

    node: str
    assignment: Assignment
    settings: Settings
    bulletins: Sequence[Bulletin]
    past: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One bulletin at one moment. `nodes`: on how many; `reason`: why it will not sound there."""

    bulletin: Bulletin
    at: int  # ms: its start, or the planned time of what will not sound
    duration: int
    nodes: int
    planned: int = 0
    reason: str = ""

    @property
    def clock(self) -> str:
        return to_local(self.at).strftime("%H:%M")

    @property
    def odd(self) -> bool:
        return not EARLIEST <= self.clock < LATEST

    @property
    def waits_ms(self) -> int:
        """How much later than planned, for what is before it in the session."""
        late = self.at - self.planned if self.planned else 0
        return late if late > GRACE_MS else 0

    @property
    def moment(self) -> str:
        """As a schedule's `skip_times` names the planned start."""
        return to_local(self.planned or self.at).strftime("%Y-%m-%dT%H:%M")


@dataclass(frozen=True, slots=True)
class Cell:
    entries: tuple[Entry, ...]
    quiet: str  # quiet | half-quiet | nothing: a class of the page


@dataclass(frozen=True, slots=True)
class Row:
    hour: int
    cells: tuple[Cell, ...]

    @property
    def odd(self) -> bool:
        return not EARLIEST <= f"{self.hour:02d}:00" < LATEST


@dataclass(frozen=True, slots=True)
class Week:
    days: tuple[date, ...]
    rows: tuple[Row, ...]

    @property
    def by_day(self) -> list[tuple[date, list[Entry]]]:
        """The same as a list, for a narrow page."""
        return [
            (day, [entry for row in self.rows for entry in row.cells[n].entries])
            for n, day in enumerate(self.days)
        ]

    @property
    def empty(self) -> bool:
        return not any(cell.entries for row in self.rows for cell in row.cells)


def week(houses: Sequence[House], first: date, now: int) -> Week:
    """Seven days from `first` on; what is before `now` (ms) is over and not foretold."""
    days = tuple(first + timedelta(days=n) for n in range(DAYS))
    entries = laid_together(houses, now, days)
    found: dict[tuple[date, int], list[Entry]] = defaultdict(list)
    for entry in entries:
        local = to_local(entry.at)
        found[local.date(), local.hour].append(entry)
    hours = sorted({*HOURS, *(hour for _day, hour in found)})
    return Week(
        days,
        tuple(
            Row(
                hour,
                tuple(
                    Cell(tuple(found.get((day, hour), ())), _quiet(houses, day, hour))
                    for day in days
                ),
            )
            for hour in hours
        ),
    )


def laid_together(houses: Sequence[House], now: int, days: Sequence[date]) -> list[Entry]:
    """Of all these nodes, in order of time; the same bulletin at the same minute is one entry."""
    start = max(now, at_local(days[0], "00:00"))
    end = at_local(days[-1], "00:00") + DAY_MS
    together: dict[tuple[str, int, str], Entry] = {}
    for house in houses:
        for entry in _foretold(house, start, end):
            key = (entry.bulletin.id, entry.at // 60_000, entry.reason)
            known = together.get(key)
            nodes = known.nodes + 1 if known else 1
            together[key] = Entry(
                entry.bulletin, entry.at, entry.duration, nodes, entry.planned, entry.reason
            )
    return sorted(together.values(), key=lambda e: (e.at, e.bulletin.id))


def programme(house: House, start: int, end: int, extra: Iterable[Bulletin] = ()) -> Programme:
    """As the node will compose it; `extra` stands in for another revision of the same bulletin."""
    held = {bulletin.id: bulletin for bulletin in (*house.bulletins, *extra)}
    return compose(held.values(), house.assignment, house.settings, house.past, start, end)


def _foretold(house: House, start: int, end: int) -> list[Entry]:
    made = programme(house, start, end)
    sounding = [
        Entry(i.bulletin, i.start, i.duration + CHIME_MS, 1, i.planned) for i in made.items()
    ]
    return sounding + [_silent(m) for m in made.missed if start <= m.at < end]


def _silent(missed: Missed) -> Entry:
    planned = missed.occurrence.rpartition("/")[2]
    at = int(planned) if len(planned) > 6 else missed.at
    return Entry(missed.bulletin, at, 0, 1, at, missed.reason)


def _quiet(houses: Sequence[House], day: date, hour: int) -> str:
    """Whether nothing but an emergency may sound in this hour on any of them: all, part or none."""
    first = at_local(day, f"{hour:02d}:00")
    quarters = [first + n * 15 * 60_000 for n in range(4)]
    hushed = [
        all(window_end(quiet_windows(h.assignment, h.settings), ms) is not None for h in houses)
        for ms in quarters
    ]
    return "" if not houses or not any(hushed) else "quiet" if all(hushed) else "half-quiet"
