from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from fakes.wire import DAY, HOUR, NOW, a_media, ulid
from loa_server.bulletins.payload import Draft, freeze, last_moment, read_schedule, text_sha256
from loa_server.bulletins.refusal import Refusal
from loa_wire.bulletin import Bulletin, Schedule
from loa_wire.limits import LIFE_MS
from loa_wire.parse import decode

# NOW is 2026-09-21 21:13 in Vietnam
TOMORROW = "2026-09-22"


def a_draft(**changes: Any) -> Draft:
    made = Draft(
        id=ulid(1),
        rev=1,
        areas=("vn-25351",),
        schedule={"mode": "now"},
        title={"vi": "Tiêm chủng"},
        text={"vi": "Bảy giờ sáng."},
        audio={"vi": a_media()},
    )
    return replace(made, **changes)


def frozen(**changes: Any) -> Bulletin:
    payload = freeze(a_draft(**changes), NOW)
    assert isinstance(payload, bytes), payload
    return decode(payload, Bulletin)


def refused(**changes: Any) -> str:
    outcome = freeze(a_draft(**changes), NOW)
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def test_what_was_typed_becomes_bytes_that_a_node_can_read() -> None:
    bulletin = frozen(genre="health", ticker=" Sáng thứ Bảy ")

    assert (bulletin.id, bulletin.rev, bulletin.areas) == (ulid(1), 1, ["vn-25351"])
    assert (bulletin.iat, bulletin.nbf, bulletin.screen.ticker) == (NOW, NOW, "Sáng thứ Bảy")
    assert bulletin.audio["vi"] == a_media()


def test_the_same_words_typed_on_another_keyboard_are_the_same_bytes() -> None:
    apart = unicodedata.normalize("NFD", "Tiêm chủng")

    assert freeze(a_draft(title={"vi": apart}), NOW) == freeze(a_draft(), NOW)


def test_a_language_left_blank_is_not_a_language() -> None:
    assert frozen(text={"vi": "Có", "km": " \n "}).text == {"vi": "Có"}


def test_a_machine_voice_knows_its_text_whatever_the_line_ends() -> None:
    assert text_sha256("Một\r\nhai ") == text_sha256("Một\nhai") != text_sha256("Một hai")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"areas": ()}, "no_area"),
        ({"areas": tuple(f"a{n}" for n in range(65))}, "areas"),
        ({"title": {}}, "no_title"),
        ({"title": {"vi": "  "}}, "no_title"),
        ({"text": {}, "audio": {}}, "empty"),
        ({"audio": {}}, "silent"),
        ({"text": {"vi": "x" * 12_001}}, "too_long"),
        ({"text": {"vi": "ạ" * 12_000, "km": "ក" * 3000}}, "too_long"),
        ({"level": "loud"}, "level"),
        ({"title": {"vi": "x" * 13_000}}, "schema"),
        ({"level": "emergency"}, "alert"),
        ({"expires": NOW}, "past"),
        ({"expires": NOW + 46 * DAY}, "life"),
        ({"level": "priority", "expires": NOW + 8 * DAY}, "life"),
        ({"schedule": {"mode": "often"}}, "schedule"),
        ({"schedule": {"mode": "at"}}, "past"),
        ({"schedule": {"mode": "at", "times": ["5 giờ"]}}, "schedule"),
        ({"schedule": {"mode": "at", "times": ["21:00"], "until": "2026-09-21"}}, "past"),
        ({"schedule": {"mode": "slots", "until": "2026-09-20"}}, "past"),
        ({"schedule": {"mode": "slots", "from": "2026-09-25", "until": "2026-09-23"}}, "schema"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anybody_approves_it(
    changes: dict[str, Any], code: str
) -> None:
    assert refused(**changes) == code


def test_a_time_later_today_still_counts() -> None:
    at = {"mode": "at", "times": ["21:20"], "until": "2026-09-21"}

    assert frozen(schedule=at).exp > NOW


@pytest.mark.parametrize(
    ("schedule", "level", "lives"),
    [
        (Schedule(mode="now"), "normal", 2 * DAY),
        (Schedule(mode="now"), "emergency", 6 * HOUR),
        (Schedule(mode="slots"), "normal", LIFE_MS["normal"]),
        (Schedule(mode="slots"), "priority", LIFE_MS["priority"]),
    ],
)
def test_without_an_end_a_bulletin_lives_as_long_as_its_kind_may(
    schedule: Schedule, level: str, lives: int
) -> None:
    assert last_moment(schedule, level, NOW) == NOW + lives


def test_a_calendar_ends_with_its_last_day_in_local_time() -> None:
    exp = last_moment(Schedule(mode="at", times=["05:00"], until=TOMORROW), "normal", NOW)
    extra = Schedule(mode="at", times=["05:00"], until=TOMORROW, extra_dates=["2026-09-24"])

    assert exp == 1_790_096_400_000  # 2026-09-23 00:00 +07:00
    assert last_moment(extra, "normal", NOW) == exp + 2 * DAY


def test_a_schedule_that_is_no_schedule_says_why() -> None:
    refusal = read_schedule({"mode": "at", "times": "05:00"})

    assert isinstance(refusal, Refusal)
    assert "times" in refusal.en


def an_emergency(**changes: Any) -> dict[str, Any]:
    return {"level": "emergency", "alert": "flood", **changes}


def test_an_emergency_lives_six_hours_and_says_which_alarm_it_is() -> None:
    bulletin = frozen(**an_emergency())

    assert (bulletin.level, bulletin.alert) == ("emergency", "flood")
    assert bulletin.exp - bulletin.iat == 6 * HOUR


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"alert": ""}, "alert"),
        ({"alert": "ufo"}, "alert"),
        ({"kind": "drill"}, "drill_level"),
        ({"schedule": {"mode": "slots"}}, "not_now"),
        ({"expires": NOW + 6 * HOUR + 1}, "life"),
        ({"text": {"vi": "nước " * 1500}}, "too_long"),
    ],
)
def test_an_emergency_that_could_not_be_one_is_refused(changes: dict[str, Any], why: str) -> None:
    assert refused(**an_emergency(**changes)) == why


def test_a_drill_is_a_bulletin_that_says_so() -> None:
    assert frozen(kind="drill", level="priority").kind == "drill"
