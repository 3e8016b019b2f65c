"""What the database knows of a person's reach, as values and as index-served conditions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from loa_server.areas.models import Area, Person
from loa_server.areas.scope import Granted, Standing, path_range
from loa_wire.localtime import LOCAL


def standing_of(person: Person, now: datetime) -> Standing:
    """`is_superuser` and `is_staff` count for nothing: only grants do."""
    rows = person.grants.select_related("area").values_list("role", "area__path", "until")
    return Standing(
        person=person.pk,
        active=person.is_active,
        grants=tuple(Granted(role, path, until) for role, path, until in rows),
        today=now.astimezone(LOCAL).date(),
    )


def within(scopes: Iterable[str], column: str = "path") -> Q:
    """Rows whose path is in or under one of the scopes; nothing for no scope."""
    condition = Q(pk__in=[])
    for scope in scopes:
        low, high = path_range(scope)
        condition |= Q(**{f"{column}__gte": low, f"{column}__lt": high})
    return condition


def areas_within(scopes: Iterable[str]) -> QuerySet[Area]:
    return Area.objects.filter(within(scopes))
