"""Wall time of the hamlets, and windows of it.

Vietnam keeps UTC+7 all year, so no time zone database is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone

from loa_wire.trusted import Window

LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
MINUTE_MS = 60_000
DAY_MINUTES = 1440


def to_local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(LOCAL)


def at_local(day: date, clock: str) -> int:
    """ms UTC of a local date and "HH:MM"."""
    return int(datetime.combine(day, time.fromisoformat(clock), LOCAL).timestamp()) * 1000


def minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def length(window: Window) -> int:
    """Minutes; equal ends are a whole day."""
    return (minutes(window.end) - minutes(window.start)) % DAY_MINUTES or DAY_MINUTES


def window_end(windows: Iterable[Window], ms: int) -> int | None:
    """When the windows that hold this instant are over (ms), or None if it is in none of them."""
    ends = [end for w in windows if (end := _end_of(w, ms)) is not None]
    return max(ends, default=None)


def _end_of(window: Window, ms: int) -> int | None:
    into = (ms // MINUTE_MS + 7 * 60 - minutes(window.start)) % DAY_MINUTES
    if into >= length(window):
        return None
    return (ms // MINUTE_MS + length(window) - into) * MINUTE_MS


def touches(windows: Iterable[Window], start: int, end: int) -> bool:
    """True if any instant of [start, end) lies in a window."""
    held = list(windows)
    if window_end(held, start) is not None:
        return True
    return any(_next_start(w, start) < end for w in held)


def next_start(windows: Iterable[Window], ms: int) -> int | None:
    """When the next of these windows begins (ms), for an instant that lies in none of them."""
    return min((_next_start(w, ms) for w in windows), default=None)


def _next_start(window: Window, ms: int) -> int:
    wait = (minutes(window.start) - (ms // MINUTE_MS + 7 * 60)) % DAY_MINUTES
    return (ms // MINUTE_MS + wait) * MINUTE_MS if wait else ms
