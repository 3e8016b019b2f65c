"""The words the screen itself says: the date, the lunar date, what an alarm is called."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from loa_node.screen.lunar import LunarDate, lunar

# Vietnam keeps UTC+7 all year, so no node needs a time zone database.
VIETNAM = timezone(timedelta(hours=7))

_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
_LUNAR_MONTHS = (
    *("Giêng", "Hai", "Ba", "Tư", "Năm", "Sáu"),
    *("Bảy", "Tám", "Chín", "Mười", "Mười Một", "Chạp"),
)

EMERGENCY = {"vi": "KHẨN CẤP", "km": "បន្ទាន់", "en": "EMERGENCY"}
DRILL = {"vi": "DIỄN TẬP", "km": "ហាត់សម", "en": "DRILL"}
NOT_REAL = "Đây là diễn tập, không phải báo động thật"
PRIORITY = "ƯU TIÊN"
ANSWER = "Bà con có ý kiến?"
ANSWER_HOW = "Mở máy ảnh điện thoại, soi vào mã này để gửi ý kiến cho xã."
ANSWER_SHORT = "Quét mã gửi ý kiến"


def moment(wall_ms: int) -> datetime:
    return datetime.fromtimestamp(wall_ms / 1000, VIETNAM)


def clock(now: datetime) -> str:
    return f"{now:%H:%M}"


def weekday(day: date) -> str:
    return _WEEKDAYS[day.weekday()]


def calendar(day: date) -> str:
    return f"ngày {day.day} tháng {day.month} năm {day.year}"


def lunar_words(day: date) -> str:
    moon = lunar(day)
    leap = " nhuận" if moon.leap else ""
    return f"{_lunar_day(moon)} tháng {_LUNAR_MONTHS[moon.month - 1]}{leap} năm {moon.year_name}"


def _lunar_day(moon: LunarDate) -> str:
    if moon.day == 15:
        return "Rằm"
    return f"Mùng {moon.day}" if moon.day <= 10 else f"Ngày {moon.day}"


def alarm(words: dict[str, str], languages: tuple[str, ...]) -> str:
    """Vietnamese always, since everyone knows its look; then the other languages of the scene."""
    names = ["vi", *(name for name in languages if name in words and name != "vi")]
    return " · ".join(words[name] for name in names)
