"""Fifty rows at a time, without counting them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

ROWS = 50
_M = TypeVar("_M", bound=Model)


@dataclass(frozen=True, slots=True)
class Leaf(Generic[_M]):
    number: int
    rows: list[_M]
    before: str  # address of the leaf before this, empty on the first
    after: str


def leaf(request: HttpRequest, rows: QuerySet[_M]) -> Leaf[_M]:
    """The leaf that `?page=` asks for; one row more than shown tells whether another follows."""
    asked = request.GET.get("page", "1")
    number = max(1, int(asked)) if asked.isdecimal() and len(asked) < 7 else 1
    start = (number - 1) * ROWS
    found = list(rows[start : start + ROWS + 1])
    return Leaf(
        number,
        found[:ROWS],
        _address(request, number - 1) if number > 1 else "",
        _address(request, number + 1) if len(found) > ROWS else "",
    )


def _address(request: HttpRequest, number: int) -> str:
    query: Any = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
