"""Times, lengths and schedules as plain sentences, in the reader's language. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from loa_server.bulletins.payload import last_moment
from loa_server.console import words
from loa_wire.bulletin import Schedule
from loa_wire.localtime import LOCAL, to_local
from loa_wire.place import Settings
from loa_wire.schedule import occurrences

EARLIEST, LATEST = "05:00", "21:00"
"""Hours in which people expect a loudspeaker; anything outside is shown in red."""


def moment(at: datetime) -> str:
    """05:00 · T3 24/11/2026, in the hamlets' time: people think in days of the week."""
    here = at.astimezone(LOCAL)
    short = next(short for n, _name, short in words.WEEKDAYS if n == here.isoweekday())
    return f"{here:%H:%M} · {short} {here:%d/%m/%Y}"


def at_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def clock(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%H:%M:%S")


def day(text: str) -> str:
    year, month, date = text.split("-")
    return f"{date}/{month}/{year}"


def ago(at: datetime, now: datetime) -> str:
    seconds = max(0, int((now - at).total_seconds()))
    if seconds < 60:
        return _("vừa xong")
    if seconds < 3600:
        return _("%(n)d phút trước") % {"n": seconds // 60}
    if seconds < 86_400:
        return _("%(n)d giờ trước") % {"n": seconds // 3600}
    return _("%(n)d ngày trước") % {"n": seconds // 86_400}


def length(ms: int | None) -> str:
    if ms is None:
        return ""
    seconds = round(ms / 1000)
    if seconds < 60:
        return _("%(s)d giây") % {"s": seconds}
    return _("%(m)d phút %(s)02d giây") % {"m": seconds // 60, "s": seconds % 60}


def tenth(value: float) -> str:
    """9,0 in Vietnamese, 9.0 in English."""
    return formats.number_format(round(value, 1), 1)  # which alone would cut off the rest


def size(count: int) -> str:
    return f"{max(1, round(count / 1000))} kB"


def when(schedule: Schedule) -> str:
    """The whole rule as one sentence."""
    if schedule.mode == "now":
        return _("Phát ngay khi được duyệt") + _turns(schedule) + "."
    if schedule.mode == "slots":
        start = ngettext(
            "Phát trong khung giờ của điểm phát, nhiều nhất %(n)d buổi",
            "Phát trong khung giờ của điểm phát, nhiều nhất %(n)d buổi",
            schedule.plays,
        ) % {"n": schedule.plays}
        return start + _days(schedule) + _range(schedule) + "."
    start = _("Phát lúc %(times)s") % {"times": listed(schedule.times)}
    return start + _days(schedule) + _range(schedule) + _turns(schedule) + _late(schedule) + "."


def listed(items: list[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return _("%(most)s và %(last)s") % {"most": ", ".join(items[:-1]), "last": items[-1]}


def weekday(number: int) -> str:
    """As it stands inside a sentence; English keeps its capital."""
    name = next(str(name) for n, name, _short in words.WEEKDAYS if n == number)
    return name if get_language() == "en" else name.lower()


def _days(schedule: Schedule) -> str:
    if not schedule.weekdays or len(schedule.weekdays) == 7:
        return ", " + _("mọi ngày")
    names = [weekday(n) for n, _name, _short in words.WEEKDAYS if n in schedule.weekdays]
    return ", " + listed(names)


def _range(schedule: Schedule) -> str:
    parts = []
    if schedule.start:
        parts.append(_("từ %(day)s") % {"day": day(schedule.start)})
    if schedule.until:
        parts.append(_("đến hết %(day)s") % {"day": day(schedule.until)})
    return ", " + " ".join(parts) if parts else ""


def _turns(schedule: Schedule) -> str:
    if schedule.repeat is None or schedule.repeat.times < 2:
        return ""
    said = {"n": schedule.repeat.times, "gap": round(schedule.repeat.gap_s / 60)}
    return ", " + _("mỗi lần đọc %(n)d lượt cách nhau %(gap)d phút") % said


def _late(schedule: Schedule) -> str:
    if schedule.late is None:
        return ""
    hours = schedule.late.play_within_s // 3600
    return ", " + _("mất điện thì phát bù trong %(hours)d giờ") % {"hours": hours}


def starts(
    schedule: Schedule, slots: Settings, now: datetime, expires_at: datetime | None
) -> list[int]:
    """The planned starts (ms) still to come, as the nodes will reckon them."""
    if expires_at is None:
        return []
    first, last = (int(t.timestamp() * 1000) for t in (now, expires_at))
    return occurrences(schedule, slots, first, last)


def end_of(schedule: Schedule, level: str, now: datetime) -> datetime:
    """When a bulletin frozen at `now` would be over if nobody said when."""
    last = last_moment(schedule, level, int(now.timestamp() * 1000))
    return at_ms(last)


@dataclass(frozen=True, slots=True)
class Upcoming:
    text: str
    odd_hour: bool


def upcoming(starts: list[int], now: datetime) -> list[Upcoming]:
    """Planned starts (ms) as lines: weekday, date and local time."""
    return [_line(to_local(ms), now) for ms in starts]


def _line(at: datetime, now: datetime) -> Upcoming:
    clock = at.strftime("%H:%M")
    today = now.astimezone(LOCAL).date()
    near = {today: _("hôm nay"), today + timedelta(days=1): _("ngày mai")}.get(at.date())
    text = f"{clock} {weekday(at.isoweekday())}, {at:%d/%m/%Y}" + (f" ({near})" if near else "")
    return Upcoming(text, not EARLIEST <= clock < LATEST)
