"""Fifty rows at a time, without counting them all."""

from __future__ import annotations

from collections.abc import Callable
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
    number = _number(request)
    start = (number - 1) * ROWS
    return _leaf(request, number, list(rows[start : start + ROWS + 1]))


def leaf_of(
    request: HttpRequest, order: QuerySet[_M], rows: Callable[[QuerySet[Any]], list[_M]]
) -> Leaf[_M]:
    """The same where a row is dear: the database finds the leaf by the order alone.

    `rows` is given the keys of the leaf, reads what stands beside each, and brings the order.
    """
    number = _number(request)
    start = (number - 1) * ROWS
    return _leaf(request, number, rows(order.values("pk")[start : start + ROWS + 1]))


def _leaf(request: HttpRequest, number: int, found: list[_M]) -> Leaf[_M]:
    return Leaf(
        number,
        found[:ROWS],
        _address(request, number - 1) if number > 1 else "",
        _address(request, number + 1) if len(found) > ROWS else "",
    )


def _number(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 7 else 1


def _address(request: HttpRequest, number: int) -> str:
    query: Any = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
