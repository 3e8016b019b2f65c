"""Days as people list them, and the days off between two days. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

FIXED: Final = ((1, 1), (4, 30), (5, 1), (9, 2))
"""(month, day) of the public holidays that never move. Source: Labour Code 45/2019, article 112."""
MOST: Final = 60
_PARTS: Final = re.compile(r"[;,\s]+")
_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?")


class NotADayError(ValueError):
    """The piece of text that names no day."""


def read(text: str, today: date) -> list[date]:
    """ "24/12, 31/12/2026" -> days, in order. Without a year: the next such day.

    Raises NotADayError."""
    found = {_day(part, today) for part in _PARTS.split(text.strip()) if part}
    return sorted(found)


def _day(part: str, today: date) -> date:
    match = _DAY.fullmatch(part)
    if match is None:
        raise NotADayError(part)
    day, month, year = int(match[1]), int(match[2]), match[3]
    try:
        if year:
            return date(int(year), month, day)
        this = date(today.year, month, day)
    except ValueError:
        raise NotADayError(part) from None
    return this if this >= today else _next_year(this, part)


def _next_year(day: date, part: str) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29/2
        raise NotADayError(part) from None


def written(days: Iterable[str]) -> str:
    """ISO days as people write them."""
    return ", ".join(f"{date.fromisoformat(day):%d/%m/%Y}" for day in sorted(days))


def off(first: date, last: date, movable: Iterable[str]) -> list[date]:
    """The days off from `first` to `last`. `movable`: ISO days that the operator has named."""
    named = {date.fromisoformat(day) for day in movable}
    return [day for day in _days(first, last) if (day.month, day.day) in FIXED or day in named]


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)
