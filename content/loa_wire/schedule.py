"""When a schedule is due: a structured rule in local wall time becomes instants. Pure.

The form's "next five", the console's preview, the conflict check and the loudspeaker all ask here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from loa_wire.bulletin import Schedule
from loa_wire.localtime import at_local, to_local
from loa_wire.place import Settings


def occurrences(schedule: Schedule, settings: Settings, start: int, end: int) -> list[int]:
    """Planned starts (ms UTC) in [start, end), in order, each once.

    `at`: every time of every due day, and its repeats, keyed to the day they start from.
    `slots`: the starts of the node's own sessions on due days. `now` has no calendar: empty.
    """
    if schedule.mode == "now" or end <= start:
        return []
    found: set[int] = set()
    spill = _spill_days(schedule)  # repeats of an evening run past midnight
    for day in _days(to_local(start).date() - timedelta(days=spill), to_local(end).date()):
        if is_due(schedule, day):
            found.update(t for t in _starts(schedule, settings, day) if start <= t < end)
    return sorted(found)


def is_due(schedule: Schedule, day: date) -> bool:
    """Extra dates win over weekdays and over from/until; skipped dates win over everything."""
    text = day.isoformat()
    if text in schedule.skip_dates:
        return False
    if text in schedule.extra_dates:
        return True
    if schedule.start is not None and text < schedule.start:
        return False
    if schedule.until is not None and text > schedule.until:
        return False
    return not schedule.weekdays or day.isoweekday() in schedule.weekdays


def is_skipped(schedule: Schedule, day: date, clock: str) -> bool:
    return f"{day.isoformat()}T{clock}" in schedule.skip_times


def _starts(schedule: Schedule, settings: Settings, day: date) -> Iterator[int]:
    if schedule.mode == "slots":
        for slot in settings.slots:
            opens = not slot.weekdays or day.isoweekday() in slot.weekdays
            if opens and not is_skipped(schedule, day, slot.start):
                yield at_local(day, slot.start)
        return
    for clock in schedule.times:
        if is_skipped(schedule, day, clock):
            continue
        for n in range(plays_each(schedule)):
            yield at_local(day, clock) + n * gap_ms(schedule)


def plays_each(schedule: Schedule) -> int:
    return schedule.repeat.times if schedule.repeat else 1


def gap_ms(schedule: Schedule) -> int:
    return schedule.repeat.gap_s * 1000 if schedule.repeat else 0


def _spill_days(schedule: Schedule) -> int:
    return (plays_each(schedule) - 1) * gap_ms(schedule) // 86_400_000 + 1


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)
