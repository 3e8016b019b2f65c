"""`status.presence` for rows that stay in the database: thousands are counted without reading them.

A test holds the two against each other, second by second.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, F, FloatField, Func, Q, Value, When
from django.db.models.functions import Greatest
from django.db.models.lookups import GreaterThan

from loa_server.fleet import status

MINUTE_S = 60
"""Who beats no faster and was just heard is online: most are, and nothing is reckoned."""
DAY_S = timedelta(days=1).total_seconds()


class Day(Func):
    """Days since the Julian epoch, as SQLite reckons: to a tenth of a millisecond."""

    function = "julianday"
    output_field = FloatField()


def presence(now: datetime) -> Case:
    """For `Node.objects.annotate(presence=presence(now))`."""
    silent: Any = (Day(Value(now)) - Day(F("seen_at"))) * DAY_S
    beats = silent / Greatest(F("every_s"), 1, output_field=FloatField())
    lately = now - timedelta(seconds=status.LATE * MINUTE_S)
    return Case(
        When(online=True, every_s__gte=MINUTE_S, seen_at__gte=lately, then=Value("online")),
        When(seen_at=None, then=Value("never")),
        When(Q(online=False) | _more(beats, status.OFFLINE), then=Value("offline")),
        When(_more(beats, status.LATE), then=Value("late")),
        default=Value("online"),
        output_field=CharField(),
    )


def _more(beats: Any, limit: float) -> Any:
    return GreaterThan(beats, limit)
