"""What plays when. Times in these tests are local wall time of 2026-11-23, a Monday."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.examples import examples
from loa_wire.bulletin import OPUS, Bulletin, Late, Media, Repeat, Schedule
from loa_wire.localtime import at_local, to_local, touches, window_end
from loa_wire.place import Assignment, PlacedArea, Settings, Slot, VolumeHours
from loa_wire.programme import Programme, compose, quiet_windows, sounding_ms, voices, volume
from loa_wire.schedule import occurrences
from loa_wire.trusted import HardLimits, Window

MONDAY = date(2026, 11, 23)
ULID = "01KB2C3D4E5F6G7H8J9KABCD"
NIGHT = Window(start="21:00", end="05:00")
HERE = Assignment(
    node="n",
    version=1,
    iat=0,
    unit="u",
    areas=[PlacedArea(id="ap-3", above=["xa", "tinh"])],
    limits=HardLimits(quiet_hours=[NIGHT], max_session_s=1800),
)
USUAL = Settings(node="n", version=1, iat=0, slots=[Slot(start="05:00"), Slot(start="17:00")])
HOUR = 3_600_000


def t(clock: str, day: int = 0) -> int:
    return at_local(MONDAY + timedelta(days=day), clock)


def a_voice(seconds: int = 60) -> Media:
    return Media(sha256="a" * 64, bytes=1, type=OPUS, duration_ms=seconds * 1000)


def a_bulletin(schedule: Schedule, tail: str = "EF", **more: object) -> Bulletin:
    fields: dict[str, object] = {
        "kind": "play",
        "id": ULID + tail,
        "rev": 1,
        "level": "normal",
        "areas": ["xa"],
        "iat": t("06:00"),
        "nbf": t("06:00"),
        "exp": t("06:00", 3),
        "audio": {"vi": a_voice()},
        "schedule": schedule,
    }
    return Bulletin(**(fields | more))  # type: ignore[arg-type]


def starts(programme: Programme) -> list[tuple[str, str]]:
    return [
        (item.bulletin.id[-2:], to_local(item.start).strftime("%d %H:%M"))
        for item in programme.items()
    ]


def missed(programme: Programme) -> list[tuple[str, str]]:
    return [(m.bulletin.id[-2:], m.reason) for m in programme.missed]


NOW = Schedule(mode="now")
AT_NINE = Schedule(mode="at", times=["09:00"])


# when a schedule is due


def days_of(schedule: Schedule, days: int = 14) -> list[str]:
    return [
        to_local(ms).strftime("%d %H:%M")
        for ms in occurrences(schedule, USUAL, t("00:00"), t("00:00", days))
    ]


def test_chosen_weekdays_and_times() -> None:
    schedule = Schedule(mode="at", times=["17:00", "05:00"], weekdays=[1, 3])

    assert days_of(schedule, 4) == ["23 05:00", "23 17:00", "25 05:00", "25 17:00"]


def test_from_until_skipped_and_extra_days() -> None:
    schedule = Schedule(
        mode="at",
        times=["09:00"],
        start="2026-11-24",
        until="2026-11-26",
        skip_dates=["2026-11-25"],
        extra_dates=["2026-11-29"],
    )

    assert days_of(schedule) == ["24 09:00", "26 09:00", "29 09:00"]


def test_one_start_is_skipped_with_its_repeats_and_the_others_of_that_day_are_not() -> None:
    schedule = Schedule(
        mode="at",
        times=["05:00", "17:00"],
        repeat=Repeat(times=2, gap_s=600),
        skip_times=["2026-11-24T05:00"],
    )

    assert days_of(schedule, 2) == [
        *("23 05:00", "23 05:10", "23 17:00", "23 17:10"),
        *("24 17:00", "24 17:10"),
    ]
    slots = Schedule(mode="slots", weekdays=[2], skip_times=["2026-11-24T17:00"])
    assert days_of(slots, 3) == ["24 05:00"]


def test_repeats_run_past_midnight_and_belong_to_the_day_they_start() -> None:
    schedule = Schedule(
        mode="at", times=["23:30"], weekdays=[1], repeat=Repeat(times=3, gap_s=1200)
    )

    assert days_of(schedule, 7) == ["23 23:30", "23 23:50", "24 00:10"]
    assert [
        to_local(ms).strftime("%d %H:%M")
        for ms in occurrences(schedule, USUAL, t("00:00", 1), t("12:00", 1))
    ] == ["24 00:10"]


def test_slots_are_the_nodes_own() -> None:
    assert days_of(Schedule(mode="slots", weekdays=[2]), 3) == ["24 05:00", "24 17:00"]


def test_now_has_no_calendar() -> None:
    assert days_of(NOW) == []


@given(
    st.lists(st.sampled_from(["00:00", "05:00", "12:30", "23:59"]), min_size=1, max_size=4),
    st.lists(st.integers(1, 7), max_size=7),
    st.integers(0, 30 * 24),
    st.integers(0, 72),
    st.integers(0, 72),
)
@examples(50)
def test_a_window_cut_in_two_has_the_same_occurrences(
    times: list[str], weekdays: list[int], begin: int, first: int, second: int
) -> None:
    schedule = Schedule(
        mode="at", times=times, weekdays=weekdays, repeat=Repeat(times=3, gap_s=5000)
    )
    a = t("00:00") + begin * HOUR
    b, c = a + first * HOUR, a + (first + second) * HOUR

    whole = occurrences(schedule, USUAL, a, c)
    assert whole == occurrences(schedule, USUAL, a, b) + occurrences(schedule, USUAL, b, c)


# windows


@pytest.mark.parametrize(
    ("clock", "ends"),
    [("20:59", None), ("21:00", "05:00"), ("23:59", "05:00"), ("04:59", "05:00"), ("05:00", None)],
)
def test_a_window_over_midnight(clock: str, ends: str | None) -> None:
    over = window_end([NIGHT], t(clock))

    assert (to_local(over).strftime("%H:%M") if over else None) == ends


def test_a_play_that_runs_into_the_night_touches_it() -> None:
    assert touches([NIGHT], t("20:59"), t("21:00") + 1)
    assert not touches([NIGHT], t("20:59"), t("21:00"))
    assert touches([Window(start="12:00", end="12:05")], t("11:00"), t("13:00"))


# what plays


def test_now_plays_at_once_and_only_once() -> None:
    bulletin = a_bulletin(NOW)

    first = compose([bulletin], HERE, USUAL, {}, t("08:00"), t("09:00"))
    again = compose([bulletin], HERE, USUAL, {f"{bulletin.id}/0": "played"}, t("08:01"), t("09:00"))

    assert starts(first) == [("EF", "23 08:00")]
    assert first.items()[0].occurrence == f"{bulletin.id}/0"
    assert again == Programme((), ())


def test_now_at_night_waits_for_the_morning() -> None:
    programme = compose([a_bulletin(NOW)], HERE, USUAL, {}, t("22:00"), t("12:00", 1))

    assert starts(programme) == [("EF", "24 05:00")]


def test_nobody_is_woken_by_a_time_inside_quiet_hours() -> None:
    bulletin = a_bulletin(Schedule(mode="at", times=["03:15"]))

    programme = compose([bulletin], HERE, USUAL, {}, t("00:00", 1), t("06:00", 1))

    assert starts(programme) == []
    assert missed(programme) == [("EF", "quiet_hours")]


def test_another_hamlets_bulletin_is_not_ours() -> None:
    elsewhere = a_bulletin(NOW, areas=["xa-khac"])

    assert compose([elsewhere], HERE, USUAL, {}, t("08:00"), t("09:00")).items() == []


def test_priority_goes_before_normal_and_then_time_and_id() -> None:
    programme = compose(
        [
            a_bulletin(AT_NINE, "AA"),
            a_bulletin(AT_NINE, "BB", level="priority"),
            a_bulletin(AT_NINE, "CC"),
        ],
        HERE,
        USUAL,
        {},
        t("08:00"),
        t("10:00"),
    )

    assert [name for name, _ in starts(programme)] == ["BB", "AA", "CC"]
    assert len(programme.sessions) == 1


def test_a_late_occurrence_is_skipped_unless_the_bulletin_allows_it() -> None:
    patient = Schedule(mode="at", times=["09:00"], late=Late(play_within_s=3600))

    programme = compose(
        [a_bulletin(AT_NINE, "AA"), a_bulletin(patient, "BB")],
        HERE,
        USUAL,
        {},
        t("09:30"),
        t("09:31"),
    )

    assert starts(programme) == [("BB", "23 09:30")]
    assert missed(programme) == [("AA", "late")]


def test_a_start_within_a_minute_is_on_time() -> None:
    programme = compose([a_bulletin(AT_NINE)], HERE, USUAL, {}, t("09:00") + 59_000, t("09:05"))

    assert len(programme.items()) == 1


def test_what_has_expired_is_never_played() -> None:
    bulletin = a_bulletin(NOW, exp=t("07:00"))

    programme = compose([bulletin], HERE, USUAL, {}, t("08:00"), t("09:00"))

    assert programme.items() == []
    assert missed(programme) == [("EF", "expired")]


def test_what_does_not_fit_the_session_goes_to_the_next_slot() -> None:
    slots = Schedule(mode="slots")
    long = {"vi": a_voice(1000)}

    programme = compose(
        [a_bulletin(slots, "AA", audio=long), a_bulletin(slots, "BB", audio=long)],
        HERE,
        USUAL,
        {},
        t("16:00"),
        t("06:00", 1),
    )

    assert starts(programme) == [("AA", "23 17:00"), ("BB", "24 05:00")]


def test_slots_play_as_often_as_wanted_and_no_more() -> None:
    bulletin = a_bulletin(Schedule(mode="slots", plays=2))
    seen = {f"{bulletin.id}/{t('17:00')}": "played"}

    assert len(compose([bulletin], HERE, USUAL, {}, t("07:00"), t("00:00", 3)).items()) == 2
    assert len(compose([bulletin], HERE, USUAL, seen, t("18:00"), t("00:00", 3)).items()) == 1


def test_a_voice_longer_than_any_session_is_missed_not_looped_over() -> None:
    bulletin = a_bulletin(NOW, audio={"vi": a_voice(7200)})

    programme = compose([bulletin], HERE, USUAL, {}, t("08:00"), t("20:00"))

    assert missed(programme) == [("EF", "too_long")]


def test_the_repeat_guard_keeps_plays_of_one_bulletin_apart() -> None:
    guarded = Assignment(
        node="n",
        version=1,
        iat=0,
        unit="u",
        areas=HERE.areas,
        limits=HardLimits(repeat_guard_s=3600),
    )
    bulletin = a_bulletin(Schedule(mode="at", times=["09:00", "09:30", "10:30"]))

    programme = compose([bulletin], guarded, USUAL, {}, t("08:00"), t("12:00"))

    assert starts(programme) == [("EF", "23 09:00"), ("EF", "23 10:30")]
    assert missed(programme) == [("EF", "repeat_guard")]


def test_an_emergency_ignores_the_night_and_goes_first() -> None:
    emergency = a_bulletin(NOW, "ZZ", level="emergency", alert="flood")
    drill = a_bulletin(NOW, "DD", level="emergency", alert="flood", kind="drill")

    programme = compose([drill, emergency], HERE, USUAL, {}, t("22:00"), t("23:00"))

    assert starts(programme) == [("ZZ", "23 22:00")]


def test_languages_in_the_nodes_order() -> None:
    bulletin = a_bulletin(NOW, audio={"vi": a_voice(10), "stt": a_voice(20), "km": a_voice(30)})
    both = Settings(node="n", version=1, iat=0, languages=["stt", "vi"], language_mode="all")
    best = Settings(node="n", version=1, iat=0, languages=["stt", "vi"])
    none = Settings(node="n", version=1, iat=0, languages=["cmo"])

    assert [lang for lang, _ in voices(bulletin, both)] == ["stt", "vi"]
    assert [lang for lang, _ in voices(bulletin, best)] == ["stt"]
    assert [lang for lang, _ in voices(bulletin, none)] == ["vi"]
    assert sounding_ms(bulletin, both) == 31_000


def test_volume_by_hour_binds_all_but_emergencies_and_the_maximum_binds_everything() -> None:
    soft = Settings(
        node="n",
        version=1,
        iat=0,
        volume_hours=[VolumeHours(window=Window(start="05:00", end="06:00"), volume="low")],
    )
    capped = Assignment(
        node="n", version=1, iat=0, unit="u", areas=HERE.areas, limits=HardLimits(max_volume=90)
    )

    assert volume(HERE, soft, "normal", t("05:30")) == 60
    assert volume(HERE, soft, "normal", t("07:00")) == 85
    assert volume(HERE, soft, "emergency", t("05:30")) == 100
    assert volume(capped, soft, "emergency", t("05:30")) == 90


SCHEDULES = st.builds(
    Schedule,
    mode=st.sampled_from(["now", "at", "slots"]),
    times=st.lists(
        st.sampled_from(["00:00", "03:15", "04:59", "05:00", "12:00", "20:59", "21:00"]),
        min_size=1,
        max_size=3,
    ),
    weekdays=st.lists(st.integers(1, 7), max_size=4),
    repeat=st.none() | st.builds(Repeat, times=st.integers(1, 4), gap_s=st.integers(10, 9000)),
    plays=st.integers(1, 4),
    late=st.none() | st.builds(Late, play_within_s=st.integers(1, 86_400)),
)
BULLETINS = st.lists(
    st.tuples(SCHEDULES, st.integers(1, 2400), st.sampled_from(["normal", "priority"])),
    max_size=6,
).map(
    lambda rows: [
        a_bulletin(s, f"{n:02d}", audio={"vi": a_voice(seconds)}, level=level)
        for n, (s, seconds, level) in enumerate(rows)
    ]
)


@given(BULLETINS, st.integers(-24, 96), st.integers(1, 168))
@examples(60)
def test_no_programme_breaks_a_rule(bulletins: list[Bulletin], begin: int, hours: int) -> None:
    start = t("00:00") + begin * HOUR
    end = start + hours * HOUR

    programme = compose(bulletins, HERE, USUAL, {}, start, end)

    cursor = start
    for session in programme.sessions:
        assert session.end - session.start <= 1_801_000
        for item in session.items:
            assert cursor <= item.start < end
            cursor = item.start + item.duration
            assert not touches(quiet_windows(HERE, USUAL), item.start, cursor)
            assert item.bulletin.nbf <= item.start < item.bulletin.exp
    keys = [i.occurrence for i in programme.items()] + [m.occurrence for m in programme.missed]
    assert len(keys) == len(set(keys))


@given(BULLETINS, st.integers(0, 96))
@examples(40)
def test_what_has_an_outcome_never_comes_again(bulletins: list[Bulletin], begin: int) -> None:
    start = t("00:00") + begin * HOUR
    first = compose(bulletins, HERE, USUAL, {}, start, start + 24 * HOUR)
    past = {i.occurrence: "played" for i in first.items()}
    past |= {m.occurrence: "missed" for m in first.missed}

    again = compose(bulletins, HERE, USUAL, past, start, start + 24 * HOUR)

    assert not {i.occurrence for i in again.items()} & set(past)
    assert not {m.occurrence for m in again.missed} & set(past)
