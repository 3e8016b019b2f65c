"""The emergency room: what sounds, what waits for a signature, who has heard it by now."""

from __future__ import annotations

import os.path
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Max, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Round
from django.utils import timezone

from loa_server.areas.folding import fold
from loa_server.areas.models import Area
from loa_server.bulletins.models import Bulletin, State
from loa_server.console.desk import Desk, bulletins_seen_by
from loa_server.console.templatetags.console import place
from loa_server.dispatch.models import Delivery
from loa_server.fleet import status
from loa_server.fleet.presence import DAY_S, Day
from loa_wire.bulletin import Schedule
from loa_wire.schedule import gap_ms, plays_each

SHOWN = 10
MOST = 60
TILES = 400
"""More loudspeakers than this are counted by place, not shown one by one."""
LINE_S = 120
"""Seconds after the signature that the board draws."""
TROUBLE = (Delivery.State.FAILED, Delivery.State.REFUSED, Delivery.State.MISSED)


_ASIDE = (State.DRAFT, State.RETURNED, State.DISCARDED)


def room(desk: Desk) -> dict[str, list[Bulletin]]:
    """The lists of the room's page, the newest first, by one question."""
    asked = bulletins_seen_by(desk).select_related("home", "author")
    newest = list(
        asked.filter(Q(level="emergency") | Q(kind="drill")).order_by("-changed_at")[:MOST]
    )
    alarms = [b for b in newest if b.kind == "play"]

    def of(*states: str) -> list[Bulletin]:
        return [b for b in alarms if b.state in states]

    drafts = of(State.DRAFT, State.RETURNED)
    return {
        "running": of(State.PUBLISHED),
        "waiting": of(State.SUBMITTED, State.APPROVED),
        "drafts": [b for b in drafts if b.author_id == desk.person.pk],
        "over": of(State.ENDED, State.RECALLED)[:SHOWN],
        "drills": [b for b in newest if b.kind == "drill" and b.state not in _ASIDE][:SHOWN],
    }


def smallest_around(areas: Sequence[Area]) -> Area | None:
    """The smallest place that holds all of these: its name says how far it will be heard."""
    path = os.path.commonpath([area.path for area in areas]).rstrip("/") + "/"
    held = next((area for area in areas if area.path == path), None)
    return held or Area.objects.filter(path=path).first()


def named(typed: str, area: Area) -> bool:
    """Whether somebody typed this place's name; without marks will do, with its kind too."""
    return fold(typed) in {fold(area.name), fold(place(area))}


@dataclass(frozen=True, slots=True)
class Tile:
    """One loudspeaker, or one place of many. `after`: seconds from signature to first sound."""

    name: str
    url: str
    look: str  # heard | received | silent | trouble
    said: str
    after: int | None = None
    heard: int = 0
    of: int = 1


@dataclass(frozen=True, slots=True)
class Board:
    tiles: list[Tile]
    of: int
    heard: int
    received: int
    silent: int
    trouble: int
    first_s: int | None
    last_s: int | None
    line: str  # points of an SVG polyline, 0..LINE_S wide and 0..100 high
    gone: bool  # none sounds any more
    seq: int


LOOKS = ("trouble", "silent", "received", "heard")


def look(state: str, *, sounded: bool) -> str:
    if state in TROUBLE and not sounded:
        return "trouble"
    if sounded or state in (Delivery.State.PLAYING, Delivery.State.PLAYED):
        return "heard"
    return "silent" if state == Delivery.State.EXPECTED else "received"


@dataclass(frozen=True, slots=True)
class _Sort:
    """So many lines of one place that are alike."""

    place: str
    state: str
    look: str
    after: int | None
    count: int
    seq: int


def board(lines: QuerySet[Delivery], signed: datetime | None) -> Board:
    """Those that nobody heard from come first: they are the ones to be telephoned about.

    The database counts; the lines themselves are read only while each has a tile of its own.
    """
    sorts = _sorts(lines, signed)
    looks: Counter[str] = Counter()
    seconds: Counter[int] = Counter()
    for one in sorts:
        looks[one.look] += one.count
        if one.after is not None:
            seconds[one.after] += one.count
    of = looks.total()
    tiles = _by_node(lines, signed) if of <= TILES else _by_place(sorts)
    return Board(
        tiles=sorted(tiles, key=lambda tile: LOOKS.index(tile.look)),
        of=of,
        heard=looks["heard"],
        received=looks["received"],
        silent=looks["silent"],
        trouble=looks["trouble"],
        first_s=min(seconds, default=None),
        last_s=max(seconds, default=None),
        line=_line(seconds, of),
        gone=of > 0 and all(one.state != "playing" for one in sorts),
        seq=max((one.seq for one in sorts), default=0),
    )


def _sorts(lines: QuerySet[Delivery], signed: datetime | None) -> list[_Sort]:
    sounded = F("first_sound_at")
    after: Any = Round((Day(sounded) - Day(Value(signed))) * DAY_S) if signed else Value(None)
    rows: Any = (
        lines.order_by()
        .annotate(
            after=Cast(after, IntegerField()),
            sounded=Case(When(first_sound_at=None, then=Value(0)), default=Value(1)),
        )
        .values_list("node__area__parent__name", "state", "sounded", "after")
        .annotate(count=Count("pk"), last=Max("seq"))
    )
    return [
        _Sort(
            place or "",
            state,
            look(state, sounded=bool(sounded)),
            None if after is None else max(0, after),
            count,
            last,
        )
        for place, state, sounded, after, count, last in rows
    ]


def _after(sounded: datetime | None, signed: datetime | None) -> int | None:
    if sounded is None or signed is None:
        return None
    return max(0, round((sounded - signed).total_seconds()))


def _by_node(lines: QuerySet[Delivery], signed: datetime | None) -> list[Tile]:
    now = timezone.now()
    rows: Any = lines.order_by("node__area__path", "node_id").values(
        "state", "reason", "first_sound_at", "node_id", "node__area__name", "node__area__kind",
        "node__seen_at", "node__online", "node__every_s",
    )  # fmt: skip
    tiles = []
    for row in rows:
        seen = look(row["state"], sounded=row["first_sound_at"] is not None)
        tiles.append(
            Tile(
                name=place(Area(kind=row["node__area__kind"], name=row["node__area__name"])),
                url=row["node_id"],
                look=seen,
                said=row["reason"] if seen == "trouble" else _presence(row, now),
                after=_after(row["first_sound_at"], signed),
                heard=int(seen == "heard"),
            )
        )
    return tiles


def _presence(row: dict[str, Any], now: datetime) -> str:
    heard = status.Heard(row["node__seen_at"], row["node__online"], row["node__every_s"])
    return status.presence(heard, now)


def _by_place(sorts: Iterable[_Sort]) -> list[Tile]:
    found: dict[str, list[_Sort]] = defaultdict(list)
    for one in sorts:
        found[one.place].append(one)
    return [
        Tile(
            name,
            "",
            look=min((one.look for one in of), key=LOOKS.index),
            said="",
            after=max((one.after for one in of if one.after is not None), default=None),
            heard=sum(one.count for one in of if one.look == "heard"),
            of=sum(one.count for one in of),
        )
        for name, of in sorted(found.items())
    ]


def _line(seconds: Mapping[int, int], of: int) -> str:
    """How many have sounded by each second; steps, from the bottom up."""
    points, heard = ["0,100"], 0
    for second in sorted(seconds):
        x = min(second, LINE_S)
        points.append(f"{x},{100 - round(100 * heard / of)}")
        heard += seconds[second]
        points.append(f"{x},{100 - round(100 * heard / of)}")
    points.append(f"{LINE_S},{100 - round(100 * heard / of) if of else 100}")
    return " ".join(points)


def next_repeat(schedule: Schedule | None, signed: datetime | None, now: datetime) -> Any:
    """(n, of, when) of the next repeat by the signature's clock; None when there is none left."""
    if schedule is None or signed is None:
        return None
    times, gap = plays_each(schedule), timedelta(milliseconds=gap_ms(schedule))
    for n in range(1, times):
        if signed + n * gap > now:
            return n + 1, times, signed + n * gap
    return None


def counts(bulletins: Sequence[Bulletin]) -> dict[str, tuple[int, int]]:
    """{bulletin: (sounded, of)}, in one query."""
    found: dict[str, tuple[int, int]] = {}
    lines = Delivery.objects.filter(bulletin__in=[b.pk for b in bulletins])
    for pk, sounded in lines.values_list("bulletin_id", "first_sound_at"):
        heard, of = found.get(pk, (0, 0))
        found[pk] = heard + (sounded is not None), of + 1
    return found
