"""Several small questions as one: a page may ask the database eight times, whatever is on it.

Each question is rows and the names of their fields; every cell comes back as text, for a union has
one shape. What needs whole objects asks for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Cast

Asked = tuple[QuerySet[Any], Sequence[str]]
Rows = list[tuple[str, ...]]


def together(**asked: Asked) -> dict[str, Rows]:
    """{name: rows} in no order; a cell that is NULL, and a JSON or BLOB one, as the text it is."""
    width = max(len(fields) for _rows, fields in asked.values())
    first, *others = (_plain(name, *one, width) for name, one in asked.items())
    found: dict[str, Rows] = {name: [] for name in asked}
    for name, *cells in first.union(*others, all=True) if others else first:
        found[name].append(tuple(cells[: len(asked[name][1])]))
    return found


def _plain(name: str, rows: QuerySet[Any], fields: Sequence[str], width: int) -> QuerySet[Any]:
    cells = [Cast(field, TextField()) for field in fields]
    blanks = [Value("", TextField())] * (width - len(fields))
    named = {f"cell_{n}": cell for n, cell in enumerate((*cells, *blanks))}
    plain: QuerySet[Any] = rows.order_by().annotate(asked_for=Value(name, TextField()))
    made: QuerySet[Any] = plain.annotate(**named).values_list("asked_for", *named)
    return made
