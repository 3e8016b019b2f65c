"""A tree of places to choose from, also where it holds thousands: then hamlets are shown once their
commune is opened, or once somebody looks for them; without a script."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from loa_server.areas import search
from loa_server.areas.models import HAMLETS, Area
from loa_server.console.clusters import counted
from loa_server.console.forms.where import Twig, grow

WHOLE: Final = 400
"""Places up to which all of them are shown."""
FOUND: Final = 60
ASKING: Final = ("open", "look")
"""Buttons that ask for more of the tree: the form they stand in is not carried out."""


@dataclass(frozen=True, slots=True)
class Branches:
    twigs: list[Twig]
    folded: bool
    opened: list[str]
    sought: str


def is_asked(request: HttpRequest) -> bool:
    return any(name in request.POST for name in ASKING)


def branches(request: HttpRequest, offered: QuerySet[Area], ticked: Iterable[str]) -> Branches:
    """Fields that the page brings: open (a button), opened (those before it), sought, look."""
    if offered.order_by()[: WHOLE + 1].count() <= WHOLE:
        return Branches(grow(counted(offered), set(ticked)), folded=False, opened=[], sought="")
    said = request.POST or request.GET
    opened = list(dict.fromkeys([*said.getlist("opened"), *said.getlist("open")]))[:FOUND]
    sought = said.get("sought", "").strip()[:80]
    near = ~Q(kind__in=HAMLETS) | Q(pk__in=list(ticked)) | Q(parent__in=opened)
    if sought:
        near |= Q(pk__in=list(search.named(offered, sought).values_list("pk", flat=True)[:FOUND]))
    twigs = grow(counted(offered.filter(near)), set(ticked))
    return Branches(_marked(twigs, set(opened)), folded=True, opened=opened, sought=sought)


def _marked(twigs: list[Twig], opened: set[str]) -> list[Twig]:
    """Communes that hold more than is shown."""
    for twig in twigs:
        twig.more = twig.area.kind in ("commune", "ward") and twig.area.pk not in opened
        _marked(twig.twigs, opened)
    return twigs
