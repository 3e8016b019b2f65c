"""One node as its page shows it: what it says next, on its screen, how loudly. Pure.

Everything is reckoned by the wire's own functions from the node's signed papers: the page and the
loudspeaker have one opinion. What was proved, day by day, is counted from the node's own facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from loa_server.console.week import Entry, House, laid_together
from loa_wire import localtime, programme
from loa_wire.bulletin import Bulletin
from loa_wire.localtime import at_local, to_local
from loa_wire.resting import alarm_among, resting, ticker_of

DAYS: Final = 30
AHEAD: Final = 6
LEVELS: Final = ("heard", "device", "decoder", "command", "failed")
"""What was proved of a play, the best first; `failed` is whatever did not sound to its end."""
HEIGHT: Final = 40
WIDE: Final = 10


def coming(house: House, now: int) -> list[Entry]:
    """The next starts of today and tomorrow that will sound, the first first."""
    today = to_local(now).date()
    laid = laid_together([house], now, [today, today + timedelta(days=1)])
    return [entry for entry in laid if not entry.reason][:AHEAD]


def playing(house: House, bulletin: str) -> Bulletin | None:
    return next((one for one in house.bulletins if one.id == bulletin), None)


@dataclass(frozen=True, slots=True)
class OnScreen:
    """`bulletin` is whose words stand there; without one clock, place and the running line."""

    bulletin: Bulletin | None
    rest: tuple[Bulletin, ...]  # what the room's own page is made of
    place: str
    ticker: str
    dark: bool = False

    @property
    def alarm(self) -> bool:
        """It stands there, also silent, until its all-clear or its end."""
        said = self.bulletin
        return said is not None and (said.kind, said.level) == ("play", "emergency")


def on_screen(house: House, said: Bulletin | None, now: int) -> OnScreen:
    """By the rules of the screen: what is said, else the alarm that runs, else the room's page."""
    place = house.assignment.place
    rest = tuple(resting(house.bulletins, now))
    shown = said or alarm_among(rest)
    if shown is not None:
        return OnScreen(shown, rest, place, shown.screen.ticker)
    dark = localtime.window_end(house.settings.screen_off, now) is not None
    return OnScreen(None, rest, place, ticker_of(rest), dark=dark)


@dataclass(frozen=True, slots=True)
class Hour:
    hour: int
    volume: int  # 0: quiet
    top: int  # of its bar, from above

    @property
    def left(self) -> int:
        return self.hour * WIDE


def volumes(house: House, now: int) -> list[Hour]:
    """Of today, at the half of each hour, as an everyday bulletin would be said."""
    today, made = to_local(now).date(), []
    hushed = programme.quiet_windows(house.assignment, house.settings)
    for hour in range(24):
        ms = at_local(today, f"{hour:02d}:30")
        quiet = localtime.window_end(hushed, ms) is not None
        loud = 0 if quiet else programme.volume(house.assignment, house.settings, "normal", ms)
        made.append(Hour(hour, loud, HEIGHT - loud * HEIGHT // 100))
    return made


@dataclass(frozen=True, slots=True)
class Bar:
    level: str
    count: int
    top: int
    height: int


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    left: int
    bars: tuple[Bar, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(bar.level, bar.count) for bar in self.bars]


def proved(ended: Iterable[tuple[datetime, str, str]], today: date) -> list[Day]:
    """Of (when, result, evidence) of each play that ended: the last thirty days, oldest first."""
    counted: dict[date, Counter[str]] = {}
    for at, result, evidence in ended:
        level = evidence if result == "played" and evidence in LEVELS else "failed"
        counted.setdefault(at.astimezone(localtime.LOCAL).date(), Counter())[level] += 1
    days = [today - timedelta(days=n) for n in reversed(range(DAYS))]
    most = max((sum(counted[day].values()) for day in days if day in counted), default=1)
    return [Day(day, n * WIDE, _bars(counted.get(day), most)) for n, day in enumerate(days)]


def _bars(counts: Counter[str] | None, most: int) -> tuple[Bar, ...]:
    """Stacked from the foot, the best proved below; each at least two high, to be seen."""
    made: list[Bar] = []
    foot = HEIGHT
    for level in LEVELS if counts else ():
        count = counts[level] if counts else 0
        if count:
            height = max(2, count * HEIGHT // most)
            foot -= height
            made.append(Bar(level, count, foot, height))
    return tuple(made)


def together(days: Sequence[Day]) -> list[tuple[str, int]]:
    """[(level, how many in all)], the best first, without those that never were."""
    total = Counter[str]()
    for day in days:
        total.update(dict(day.counts))
    return [(level, total[level]) for level in LEVELS if total[level]]
