"""Which nodes a person wants to see: the filters of the fleet page, as its address carries them.

An address is the whole of a filter, so that it can be bookmarked, sent on, and kept under a name.
The database sifts thousands of nodes; a page reads its fifty.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)  # fmt: skip
from django.db.models.expressions import RawSQL

from loa_server.areas.folding import fold
from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.console import alarms
from loa_server.console.desk import Desk, reach
from loa_server.fleet.models import Node, NodeDocument
from loa_server.fleet.presence import presence

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
        rows = rows.filter(_speaking(sieve.lang))
    if sieve.problem:
        # dear to find out of each node: asked once, not by every query of the page
        found = rows.filter(_ailing(desk, sieve.problem)).values_list("pk", flat=True)
        rows = rows.filter(_one_of(found))
    if sieve.q:
        rows = rows.filter(_one_of(_named(rows, sieve.q)))
    gone = When(status=Node.Status.REVOKED, then=Value(GONE))
    return rows.annotate(presence=Case(gone, default=presence(now), output_field=CharField()))


def chosen(found: QuerySet[Any], state: str) -> QuerySet[Any]:
    if state in (GONE, *PRESENCES):
        return _in_order(found.filter(presence=state))
    return _in_order(found.exclude(status=Node.Status.REVOKED))


@dataclass(frozen=True, slots=True)
class Sifted:
    """How many of each presence, and what they run; the database counts them."""

    counts: Mapping[str, int]
    software: list[str]


def counted(found: QuerySet[Any]) -> Sifted:
    """One query, of all but the state: each state offers how many it would show."""
    rows = found.order_by().values_list("presence", "software").annotate(n=Count("pk"))
    there: Counter[str] = Counter()
    runs = set()
    for presence_, software, n in rows:
        there[presence_] += n
        runs.add(software)
    return Sifted({one: there[one] for one in (GONE, *PRESENCES)}, sorted(runs - {""}))


def _in_order(found: QuerySet[Any]) -> QuerySet[Any]:
    """The longest silent first."""
    return found.order_by(F("seen_at").asc(nulls_first=True), "pk")


def order(node: Node) -> tuple[bool, datetime, str]:
    """`_in_order` of a few that are read already."""
    return node.seen_at is not None, node.seen_at or _NEVER, node.pk


def _one_of(ids: Iterable[str]) -> Q:
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


def _ailing(desk: Desk, problem: str) -> Q:
    """By what it said last, by what the engine raised, by what it has not taken up."""
    mine = reach(desk, "area__path")
    raised = Q(pk__in=alarms.raised(mine, still_open=True).order_by().values("pk"))
    match problem:
        case _ if problem == ALARM:
            return raised
        case _ if problem == BEHIND:
            return _behind()
        case _ if problem == ANY:
            return ~Q(ails="") | raised | _behind()
        case _:
            return Q(ails__contains=f" {problem} ")


def _speaking(lang: str) -> Q:
    """A node that was sent no settings yet speaks what the district speaks."""
    usual = lang == settings.LOA.fleet.languages[0]
    return Q(speaks__in=(lang, "")) if usual else Q(speaks=lang)


def _behind() -> Q:
    """That have spoken, and not of the newest paper that was sent to them."""
    papers = NodeDocument.objects.filter(node=OuterRef("pk"))
    newer = [
        Exists(papers.filter(typ=typ, version__gt=OuterRef(f"took_{typ}")))
        for typ in ("assignment", "settings")
    ]
    return ~Q(health={}) & (Q(newer[0]) | Q(newer[1]))
