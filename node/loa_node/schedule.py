"""Step 6 of 10. What is due now, what was missed and why, and when to ask again. Pure.

The answer itself is `loa_wire.programme.compose`: the console's preview runs the same function.
This module only knows what a district does not: which sounds have arrived, whether the player is
there, and how far the clock may be believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from loa_node.clock import Clock
from loa_wire.bulletin import Bulletin
from loa_wire.place import Assignment, Settings
from loa_wire.programme import NEVER, Item, Missed, compose

HORIZON_MS: Final = 60_000
"""How far ahead one answer is good for, if nothing changes."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """`waiting` is {id: why it cannot sound yet}: no_media, no_player."""

    bulletins: Sequence[Bulletin]
    waiting: Mapping[str, str]

    def ready(self) -> list[Bulletin]:
        return [b for b in self.bulletins if b.id not in self.waiting]


@dataclass(frozen=True, slots=True)
class Awake:
    """Since when (ms UTC) this node could have acted at all, and by its calendar."""

    since: int
    calendar_since: int


@dataclass(frozen=True, slots=True)
class Plan:
    due: tuple[Item, ...]
    missed: tuple[Missed, ...]
    ask_again: int  # ms UTC


def plan(  # noqa: PLR0913 - all that decides what is due
    shelf: Shelf,
    assignment: Assignment,
    settings: Settings,
    past: Mapping[str, str],
    clock: Clock,
    awake: Awake,
    *,
    heard: Mapping[str, int] = NEVER,
) -> Plan:
    """`heard`: when each bulletin last sounded here (ms), for the repeat guard."""
    now = clock.now_ms
    if not clock.calendar:
        due = _without_calendar(shelf, assignment, settings, past, clock)
        return Plan(due, (), now + HORIZON_MS)
    programme = compose(shelf.ready(), assignment, settings, past, now, now + 1, heard=heard)
    silent = [b for b in shelf.bulletins if b.id in shelf.waiting]
    unready = compose(silent, assignment, settings, past, now, now + 1, heard=heard)
    missed = [_explained(m, awake, "") for m in programme.missed if m.at <= now]
    missed += [
        _explained(m, awake, shelf.waiting[m.bulletin.id]) for m in unready.missed if m.at <= now
    ]
    planned = tuple(programme.items())
    later = {**past, **{item.occurrence: "queued" for item in planned}}
    end = now + HORIZON_MS
    ahead = compose(shelf.ready(), assignment, settings, later, now + 1, end, heard=heard)
    starts = [session.start for session in ahead.sessions]
    return Plan(planned, tuple(missed), min(starts, default=now + HORIZON_MS))


def _without_calendar(
    shelf: Shelf,
    assignment: Assignment,
    settings: Settings,
    past: Mapping[str, str],
    clock: Clock,
) -> tuple[Item, ...]:
    """Only "now" bulletins, each judged at the moment its district issued it for."""
    due: list[Item] = []
    for b in shelf.ready():
        if b.schedule is not None and b.schedule.mode == "now":
            start = max(clock.floor_ms, b.nbf)
            due += compose([b], assignment, settings, past, start, start + 1).items()
    return tuple(due)


def _explained(missed: Missed, awake: Awake, waiting: str) -> Missed:
    if missed.reason not in ("late", "no_session"):
        return missed
    if missed.at < awake.since:
        return replace(missed, reason="off")
    if missed.at < awake.calendar_since:
        return replace(missed, reason="no_clock")
    return replace(missed, reason=waiting or missed.reason)
