"""Places with the number of loudspeaker clusters that work in them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, When
from django.db.models.functions import Coalesce

from loa_server.areas.models import Area
from loa_server.areas.scope import ids_of
from loa_server.console.forms.where import Place
from loa_server.fleet.models import Node


def counted(areas: QuerySet[Area]) -> list[Place]:
    """In order of path, each with the number of working nodes in it and below."""
    working = working_nodes(areas)
    return [Place(area, working[area.id]) for area in areas.order_by("path")]


def working_nodes(areas: QuerySet[Area]) -> Counter[str]:
    """Of each of these, in it and below, at one go: a count for each by itself takes long.

    What is not among them is counted with the place above, so that thousands of hamlets that are
    not shown are as many rows as there are communes.
    """
    shown = Q(area__in=areas.order_by().values("pk"))
    above = Coalesce(F("area__parent__path"), F("area__path"))
    active: QuerySet[Any] = Node.objects.filter(status=Node.Status.ACTIVE).order_by()
    rows = active.annotate(counts_in=Case(When(shown, then=F("area__path")), default=above))
    found: Counter[str] = Counter()
    for path, count in rows.values_list("counts_in").annotate(Count("pk")):
        for area_id in ids_of(path):
            found[area_id] += count
    return found
