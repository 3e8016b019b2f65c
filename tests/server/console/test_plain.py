"""Schedules and times as sentences. No database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from loa_server.console import plain
from loa_wire.bulletin import Late, Repeat, Schedule
from loa_wire.localtime import at_local

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # Monday, 10:00 in the hamlets

RULES = [
    (Schedule(mode="now"), "Phát ngay khi được duyệt.", "Play as soon as it is approved."),
    (
        Schedule(mode="at", times=["05:00"], until="2026-11-30"),
        "Phát lúc 05:00, mọi ngày, đến hết 30/11/2026.",
        "Plays at 05:00, every day, until the end of 30/11/2026.",
    ),
    (
        Schedule(
            mode="at",
            times=["05:00", "11:00", "17:00"],
            weekdays=[1, 3],
            start="2026-11-24",
            until="2026-11-30",
            repeat=Repeat(times=2, gap_s=600),
            late=Late(play_within_s=3600),
        ),
        (
            "Phát lúc 05:00, 11:00 và 17:00, thứ hai và thứ tư, từ 24/11/2026 đến hết 30/11/2026, "
            "mỗi lần đọc 2 lượt cách nhau 10 phút, mất điện thì phát bù trong 1 giờ."
        ),
        (
            "Plays at 05:00, 11:00 and 17:00, Monday and Wednesday, "
            "from 24/11/2026 until the end of 30/11/2026, "
            "read 2 times, 10 minutes apart, caught up within 1 h after a power cut."
        ),
    ),
    (
        Schedule(mode="slots", plays=3, weekdays=[7], until="2026-11-30"),
        "Phát trong khung giờ của điểm phát, nhiều nhất 3 buổi, chủ nhật, đến hết 30/11/2026.",
        "Plays in the nodes' sessions, at most 3 sessions, Sunday, until the end of 30/11/2026.",
    ),
]


@pytest.mark.parametrize(("rule", "vietnamese", "in_english"), RULES)
def test_a_schedule_is_one_plain_sentence(rule: Schedule, vietnamese: str, in_english: str) -> None:
    with translation.override("vi"):
        assert plain.when(rule) == vietnamese
    with translation.override("en"):
        assert plain.when(rule) == in_english


def test_the_next_plays_name_day_and_hour_and_mark_odd_ones() -> None:
    starts = [
        at_local(datetime(2026, 11, 23, tzinfo=UTC).date(), "17:00"),
        at_local(datetime(2026, 11, 24, tzinfo=UTC).date(), "04:30"),
        at_local(datetime(2026, 11, 29, tzinfo=UTC).date(), "21:00"),
    ]

    lines = plain.upcoming(starts, NOW)

    assert [(line.text, line.odd_hour) for line in lines] == [
        ("17:00 thứ hai, 23/11/2026 (hôm nay)", False),
        ("04:30 thứ ba, 24/11/2026 (ngày mai)", True),
        ("21:00 chủ nhật, 29/11/2026", True),
    ]


@pytest.mark.parametrize(
    ("before", "said"),
    [(5, "vừa xong"), (61, "1 phút trước"), (7300, "2 giờ trước"), (200_000, "2 ngày trước")],
)
def test_how_long_ago_is_said_in_the_coarsest_unit(before: int, said: str) -> None:
    assert plain.ago(NOW - timedelta(seconds=before), NOW) == said


def test_a_moment_says_its_day_of_the_week_where_the_hamlets_are() -> None:
    late = datetime(2026, 11, 28, 17, 5, tzinfo=UTC)  # Saturday in London, Sunday here

    with translation.override("vi"):
        assert plain.moment(late) == "00:05 · CN 29/11/2026"
    with translation.override("en"):
        assert plain.moment(late) == "00:05 · Sun 29/11/2026"


@pytest.mark.parametrize(("language", "said"), [("vi", "9,1"), ("en", "9.1")])
def test_tenths_are_written_as_the_reader_writes_them(language: str, said: str) -> None:
    with translation.override(language):
        assert plain.tenth(9.06) == said
