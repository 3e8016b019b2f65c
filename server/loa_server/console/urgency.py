"""The emergency room: what sounds, what waits for a signature, who has heard it by now."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from loa_server.areas.folding import fold
from loa_server.areas.models import Area
from loa_server.bulletins.models import Bulletin, State
from loa_server.console.desk import Desk, bulletins_seen_by
from loa_server.console.templatetags.console import place
from loa_server.dispatch.models import Delivery, Envelope
from loa_server.fleet import status
from loa_wire.bulletin import Schedule
from loa_wire.schedule import gap_ms, plays_each

SHOWN = 10
MOST = 60
TILES = 400
"""More loudspeakers than this are counted by place, not shown one by one."""
LINE_S = 120
"""Seconds after the signature that the board draws."""
TROUBLE = (Delivery.State.FAILED, Delivery.State.REFUSED, Delivery.State.MISSED)


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
        "drills": [
            b for b in newest if b.kind == "drill" and b.state not in (State.DRAFT, State.RETURNED)
        ][:SHOWN],
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


def look(state: str, sounded: datetime | None) -> str:
    if state in TROUBLE and sounded is None:
        return "trouble"
    if sounded is not None or state in (Delivery.State.PLAYING, Delivery.State.PLAYED):
        return "heard"
    return "silent" if state == Delivery.State.EXPECTED else "received"


def board(lines: QuerySet[Delivery], signed: datetime | None) -> Board:
    """Those that nobody heard from come first: they are the ones to be telephoned about."""
    rows: list[dict[str, Any]] = list(
        lines.order_by("node__area__path", "node_id").values(
            "state", "reason", "first_sound_at", "seq", "node_id", "node__name",
            "node__area__name", "node__area__kind", "node__area__parent__name",
            "node__seen_at", "node__online", "node__every_s",
        )  # type: ignore[arg-type]
    )  # fmt: skip
    looks = [look(row["state"], row["first_sound_at"]) for row in rows]
    afters = [_after(row["first_sound_at"], signed) for row in rows]
    heard = sorted(s for s in afters if s is not None)
    make = _by_node if len(rows) <= TILES else _by_place
    tiles = make(rows, looks, afters)
    return Board(
        tiles=sorted(tiles, key=lambda tile: LOOKS.index(tile.look)),
        of=len(rows),
        heard=looks.count("heard"),
        received=looks.count("received"),
        silent=looks.count("silent"),
        trouble=looks.count("trouble"),
        first_s=heard[0] if heard else None,
        last_s=heard[-1] if heard else None,
        line=_line(heard, len(rows)),
        gone=bool(rows) and not any(row["state"] == "playing" for row in rows),
        seq=max((row["seq"] for row in rows), default=0),
    )


def _after(sounded: datetime | None, signed: datetime | None) -> int | None:
    if sounded is None or signed is None:
        return None
    return max(0, round((sounded - signed).total_seconds()))


def _by_node(rows: list[dict[str, Any]], looks: list[str], afters: list[int | None]) -> list[Tile]:
    now = timezone.now()
    return [
        Tile(
            name=place(Area(kind=row["node__area__kind"], name=row["node__area__name"])),
            url=row["node_id"],
            look=seen,
            said=row["reason"] if seen == "trouble" else _presence(row, now),
            after=after,
            heard=int(seen == "heard"),
        )
        for row, seen, after in zip(rows, looks, afters, strict=True)
    ]


def _presence(row: dict[str, Any], now: datetime) -> str:
    heard = status.Heard(row["node__seen_at"], row["node__online"], row["node__every_s"])
    return status.presence(heard, now)


def _by_place(rows: list[dict[str, Any]], looks: list[str], afters: list[int | None]) -> list[Tile]:
    found: dict[str, list[tuple[str, int | None]]] = {}
    for row, seen, after in zip(rows, looks, afters, strict=True):
        found.setdefault(row["node__area__parent__name"] or "", []).append((seen, after))
    tiles = []
    for name, of in found.items():
        worst = min((seen for seen, _after in of), key=LOOKS.index)
        slowest = max((after for _seen, after in of if after is not None), default=None)
        count = sum(seen == "heard" for seen, _after in of)
        tiles.append(Tile(name, "", worst, "", slowest, count, len(of)))
    return tiles


def _line(seconds: Iterable[int], of: int) -> str:
    """How many have sounded by each second; steps, from the bottom up."""
    points, height = ["0,100"], 0
    for second in seconds:
        x = min(second, LINE_S)
        points.append(f"{x},{100 - round(100 * height / of)}")
        height += 1
        points.append(f"{x},{100 - round(100 * height / of)}")
    points.append(f"{LINE_S},{100 - round(100 * height / of) if of else 100}")
    return " ".join(points)


def signed_at(bulletin: Bulletin) -> datetime | None:
    """When the newest revision went out."""
    out = Envelope.objects.filter(revision__bulletin=bulletin).order_by("-published_at")
    return out.values_list("published_at", flat=True).first()


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
