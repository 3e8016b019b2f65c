"""What a place was called on a day: history keeps the old name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from loa_server.areas.models import Area, AreaName


@dataclass(frozen=True, slots=True)
class Called:
    kind: str
    name: str


def called_on(area: Area, day: date) -> Called:
    """As it was called that day; as today where nothing else is known."""
    for former in area.names.all():
        if _held(former, day):
            return Called(former.kind, former.name)
    return Called(area.kind, area.name)


def with_former(rows: QuerySet[Any], area: str, day: date) -> Any:
    """Rows that point to an area, with `once_kind` and `once_name`: what it was called that day,
    None where that is what it is called today. For many rows in one question."""
    began = Q(valid_from=None) | Q(valid_from__lte=day)
    former = AreaName.objects.filter(began, area=OuterRef(area), valid_until__gte=day)
    first = former.order_by("valid_until")
    return rows.annotate(
        once_kind=Subquery(first.values("kind")[:1]), once_name=Subquery(first.values("name")[:1])
    )


def _held(former: AreaName, day: date) -> bool:
    began = former.valid_from is None or former.valid_from <= day
    return began and former.valid_until is not None and day <= former.valid_until
