"""Places found as people type them: without marks, by what they are called or were, by code."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from loa_server.areas.folding import fold
from loa_server.areas.models import Area, AreaName


def named(areas: QuerySet[Area], typed: str) -> QuerySet[Area]:
    """Those that have every word that was typed."""
    found = areas
    for word in fold(typed).split():
        found = found.filter(Q(folded__contains=word) | Q(code=word) | Q(pk__in=_once(word)))
    return found


def _once(word: str) -> list[str]:
    """Former names are few, and have no index: they are folded here."""
    names = AreaName.objects.values_list("area_id", "name")
    return [area_id for area_id, name in names if word in fold(name)]
