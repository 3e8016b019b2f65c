from __future__ import annotations

from datetime import UTC, date, datetime

from loa_node.screen import words


def test_the_clock_is_vietnams_whatever_zone_the_board_has() -> None:
    now = datetime(2026, 11, 22, 22, 5, tzinfo=UTC)

    told = words.moment(int(now.timestamp() * 1000))

    assert words.clock(told) == "05:05"
    assert words.weekday(told) == "Thứ Hai"
    assert words.calendar(told) == "ngày 23 tháng 11 năm 2026"


def test_lunar_days_are_named_as_people_name_them() -> None:
    assert words.lunar_words(date(2026, 2, 17)) == "Mùng 1 tháng Giêng năm Bính Ngọ"
    assert words.lunar_words(date(2026, 11, 23)) == "Rằm tháng Mười năm Bính Ngọ"
    assert words.lunar_words(date(2025, 8, 10)) == "Ngày 17 tháng Sáu nhuận năm Ất Tỵ"
    assert words.lunar_words(date(2026, 2, 16)) == "Ngày 29 tháng Chạp năm Ất Tỵ"


def test_an_alarm_is_named_in_vietnamese_first_and_then_in_the_scenes_languages() -> None:
    assert words.alarm(words.DRILL, ("km", "vi")) == "DIỄN TẬP · ហាត់សម"
    assert words.alarm(words.EMERGENCY, ("sti",)) == "KHẨN CẤP"
