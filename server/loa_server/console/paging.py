"""Fifty rows at a time, without counting them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

ROWS = 50
_M = TypeVar("_M", bound=Model)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Leaf(Generic[_M]):
    number: int
    rows: list[_M]
    before: str  # address of the leaf before this, empty on the first
    after: str


def leaf(request: HttpRequest, rows: QuerySet[_M]) -> Leaf[_M]:
    """The leaf that `?page=` asks for; one row more than shown tells whether another follows."""
    number = _number(request)
    start = (number - 1) * ROWS
    found = list(rows[start : start + ROWS + 1])
    return Leaf(
        number,
        found[:ROWS],
        _address(request, number - 1) if number > 1 else "",
        _address(request, number + 1) if len(found) > ROWS else "",
    )


def leaf_of(
    request: HttpRequest, found: Sequence[_T], rows: Callable[[Sequence[_T]], list[_M]]
) -> Leaf[_M]:
    """The same of a list that is whole already: `rows` reads those of the one leaf."""
    number = _number(request)
    start, end = (number - 1) * ROWS, number * ROWS
    return Leaf(
        number,
        rows(found[start:end]),
        _address(request, number - 1) if number > 1 else "",
        _address(request, number + 1) if len(found) > end else "",
    )


def _number(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 7 else 1


def _address(request: HttpRequest, number: int) -> str:
    query: Any = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
