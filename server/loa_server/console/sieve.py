"""Which nodes a person wants to see: the filters of the fleet page, as its address carries them.

An address is the whole of a filter, so that it can be bookmarked, sent on, and kept under a name.
The database sifts thousands of nodes; a page reads its fifty.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)  # fmt: skip
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce

from loa_server.areas.folding import fold
from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.console import alarms
from loa_server.console.desk import Desk, reach
from loa_server.console.together import Asked, together
from loa_server.fleet import status
from loa_server.fleet.models import Node, NodeDocument
from loa_server.fleet.presence import presence
from loa_wire.up import Health

GONE: Final = "revoked"
PRESENCES: Final = ("offline", "late", "never", "online")
ANY: Final = "any"
ALARM: Final = "alarm"
BEHIND: Final = "behind"
FIELDS: Final = ("q", "state", "area", "lang", "problem", "software")
LONGEST: Final = 100
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sieve:
    """An empty field asks for nothing. `area` means it and all below it."""

    q: str = ""
    state: str = ""  # one of PRESENCES, or GONE
    area: str = ""
    lang: str = ""  # which stands first in the node's settings
    problem: str = ""  # a code of fleet.status, ALARM, or ANY
    software: str = ""

    @property
    def query(self) -> str:
        """As an address carries it, always in the same order: "q=dop&state=offline"."""
        return urlencode([(name, said) for name in FIELDS if (said := getattr(self, name))])

    @property
    def narrow(self) -> bool:
        """More is asked than a search and a state: the page opens its further filters."""
        return bool(self.area or self.lang or self.problem or self.software)


def read(asked: Mapping[str, str]) -> Sieve:
    """Of an address; what nobody knows falls away."""
    said = {name: " ".join(asked.get(name, "").replace("\0", "").split()) for name in FIELDS}
    return Sieve(**{name: value[:LONGEST] for name, value in said.items()})


def sifted(desk: Desk, sieve: Sieve, place: Area | None, now: datetime) -> QuerySet[Any]:
    """All in reach but for the state, the revoked too, each with its `presence`.

    `place` is the area of the sieve, if it is in reach.
    """
    rows = Node.objects.filter(reach(desk, "area__path"))
    if sieve.area:
        rows = rows.filter(within([place.path] if place else [], "area__path"))
    if sieve.software:
        rows = rows.filter(software=sieve.software)
    if sieve.lang:
        rows = rows.annotate(lang=_first_language()).filter(lang=sieve.lang)
    if sieve.q:
        rows = rows.filter(_one_of(_named(rows, sieve.q)))
    if sieve.problem:
        rows = rows.filter(_one_of(_ailing(desk, rows, sieve.problem)))
    gone = When(status=Node.Status.REVOKED, then=Value(GONE))
    return rows.annotate(presence=Case(gone, default=presence(now), output_field=CharField()))


def chosen(found: QuerySet[Any], state: str) -> QuerySet[Any]:
    if state in (GONE, *PRESENCES):
        return _in_order(found.filter(presence=state))
    return _in_order(found.exclude(status=Node.Status.REVOKED))


@dataclass(frozen=True, slots=True)
class Sifted:
    """Without reading a node: which are shown, how many of each presence, what they run."""

    shown: list[str]
    counts: Mapping[str, int]
    software: list[str]


def counted(found: QuerySet[Any], state: str) -> Sifted:
    """One query. `state` chooses what is shown; it is counted all the same."""
    rows = list(_in_order(found).values_list("pk", "presence", "software"))
    there = Counter(presence for _pk, presence, _software in rows)
    return Sifted(
        [pk for pk, presence, _software in rows if shows(presence, state)],
        {one: there[one] for one in (GONE, *PRESENCES)},
        sorted({software for _pk, _presence, software in rows} - {""}),
    )


def shows(presence: str, state: str) -> bool:
    """A revoked node is shown only to who asks for the revoked."""
    return presence == state if state in (GONE, *PRESENCES) else presence != GONE


def _in_order(found: QuerySet[Any]) -> QuerySet[Any]:
    """The longest silent first."""
    return found.order_by(F("seen_at").asc(nulls_first=True), "pk")


def _one_of(ids: Collection[str]) -> Q:
    """However many: one value for the database, which takes only so many."""
    return Q(pk__in=RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(ids))]))


def _named(rows: QuerySet[Node], words: str) -> list[str]:
    """Every word somewhere in its own name and those of its place and the one above."""
    wanted = fold(words).split()
    named = rows.values_list("pk", "name", "area__folded", "area__parent__folded")
    return [
        pk
        for pk, name, area, above in named
        if _all_in(f"{pk.lower()} {_folded(name)} {area} {above}", wanted)
    ]


def _all_in(where: str, words: Collection[str]) -> bool:
    return all(word in where for word in words)


@lru_cache(maxsize=16_384)
def _folded(name: str) -> str:
    return fold(name)


def _ailing(desk: Desk, rows: QuerySet[Node], problem: str) -> set[str]:
    """By what it said last, by what the engine raised, by what it has not taken up."""
    mine = reach(desk, "area__path")
    asked: dict[str, Asked] = {}
    if problem in (ALARM, ANY):
        asked["raised"] = (alarms.raised(mine, still_open=True), ("pk",))
    if problem in (BEHIND, ANY):
        asked["behind"] = (_behind().filter(mine), ("pk",))
    if problem not in (ALARM, BEHIND):
        asked["said"] = (rows, ("pk", "health"))
    told = together(**asked)
    ailing = (pk for pk, said in told.pop("said", ()) if _has(problem, _problems(said)))
    return {*ailing, *(pk for found in told.values() for (pk,) in found)}


def _has(problem: str, codes: frozenset[str]) -> bool:
    return problem in codes or (problem == ANY and bool(codes))


class Json(Func):
    function = "JSON_EXTRACT"
    output_field = TextField()


def _first_language() -> Any:
    """Of the settings as last published; a node without is told what the district tells all."""
    papers = NodeDocument.objects.filter(node=OuterRef("pk"), typ="settings")
    first = papers.annotate(text=Cast("payload", TextField())).annotate(
        lang=Json(F("text"), Value("$.languages[0]"))
    )
    usual = settings.LOA.fleet.languages[0]
    return Coalesce(first.values("lang")[:1], Value(usual), output_field=TextField())


def _behind() -> Any:
    """That have spoken, and not of the newest paper that was sent to them."""
    newer = [
        Exists(
            NodeDocument.objects.filter(
                node=OuterRef("pk"), typ=typ, version__gt=Coalesce(
                    Cast(Json(OuterRef("health"), Value(f"$.applied.{typ}")), IntegerField()),
                    Value(0),
                ),
            )
        )
        for typ in ("assignment", "settings")
    ]  # fmt: skip
    return Node.objects.exclude(health={}).filter(newer[0] | newer[1])


@lru_cache(maxsize=16_384)
def _problems(told: str) -> frozenset[str]:
    """What a node's own last word says is wrong: the rule is fleet.status's, told without time."""
    try:
        health = msgspec.json.decode(told, type=Health) if told != "{}" else None
    except msgspec.MsgspecError:
        return frozenset()
    heard = status.Heard(_NEVER, online=True, health=health)
    return frozenset(p.code for p in status.problems(heard, _NEVER))
