"""Which places hear a bulletin from above at once, and which find it in their inbox. Pure.

TT 39/2020: what a district writes for every day is a commune's to accept, what is urgent (ưu tiên)
is a commune's to place, and only an emergency goes past it. A place below the writer with an
author and an approver of its own decides for itself; all others have nobody to ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from loa_server.areas.scope import covers, ids_of, outermost
from loa_wire.bulletin import Bulletin
from loa_wire.place import Settings
from loa_wire.schedule import occurrences

AT_ONCE = timedelta(hours=2)
"""For a priority bulletin that should sound "now" or in the next session."""
BEFORE_ITS_START = timedelta(minutes=30)
LEAST = timedelta(minutes=30)
MOST = timedelta(hours=24)
_ANYWHERE = Settings(node="any", version=1, iat=0)


@dataclass(frozen=True, slots=True)
class Routes:
    """Paths. `direct`: nodes in and under these hear it at once; `desks`: these decide."""

    direct: tuple[str, ...]
    desks: tuple[str, ...]


def routes(
    home: str, aimed: Iterable[str], staffed: Iterable[str], places: Sequence[str]
) -> Routes:
    """Of paths. `staffed`: places with people of their own; `places`: all that lie in the aimed.

    The nearest to the writer decides: a hamlet's own people do not decide against their commune.
    """
    below = outermost(path for path in staffed if covers(home, path) and path != home)
    direct: list[str] = []
    desks: set[str] = set()
    for target in outermost(aimed):
        over = [desk for desk in below if covers(desk, target)]
        inside = [desk for desk in below if covers(target, desk) and desk != target]
        desks.update(over or inside)
        if not over:
            direct += _rest(target, inside, places) if inside else [target]
    return Routes(tuple(direct), tuple(sorted(desks)))


def _rest(target: str, desks: Sequence[str], places: Sequence[str]) -> list[str]:
    """The largest places under `target` that hold no desk and lie in none."""
    free = [
        place
        for place in places
        if covers(target, place)
        and place != target
        and not any(covers(desk, place) or covers(place, desk) for desk in desks)
    ]
    return outermost(free)


def due(frozen: Bulletin, now: datetime) -> datetime | None:
    """Until when a commune may place a priority bulletin; none for what it may decline."""
    if frozen.level != "priority" or frozen.schedule is None:
        return None
    if frozen.schedule.mode != "at":
        return now + AT_ONCE
    start = round(now.timestamp() * 1000)
    first = next(iter(occurrences(frozen.schedule, _ANYWHERE, start, frozen.exp)), None)
    if first is None:
        return now + AT_ONCE
    early = datetime.fromtimestamp(first / 1000, now.tzinfo) - BEFORE_ITS_START
    return min(now + MOST, max(now + LEAST, early))


def ids(paths: Iterable[str]) -> list[str]:
    return [ids_of(path)[-1] for path in paths]
