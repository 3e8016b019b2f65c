"""The weekly test of the loudspeaker: when it is made, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.wire import a_bulletin
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.outlets import Outcome, PlayerHello
from loa_node.selftest import RETRY_MS, SelfTest, Weekly, day_due, weekly
from loa_wire.localtime import at_local, to_local
from loa_wire.trusted import HardLimits, Window
from node.test_stage import CLOCK, House

TUESDAY = to_local(CLOCK.now_ms).date()
while TUESDAY.isoweekday() != 2:
    TUESDAY = TUESDAY.fromordinal(TUESDAY.toordinal() + 1)
HALF_PAST_FOUR = at_local(TUESDAY, "16:30")


class Hamlet:
    def __init__(self, microphone: str = "alsa", **place: Any) -> None:
        self.house = House(**place).boot()
        self.clock: Clock = replace(CLOCK, now_ms=HALF_PAST_FOUR)
        house = self.house
        diary = Diary(house.journal, {})
        self.test = SelfTest(Weekly(2, "16:30"), house.stage, house.standing, house.shelf, diary)
        house.work(PlayerHello("", [], "alsa", microphone))

    def later(self, ms: int = 1000) -> Hamlet:
        mono, now = self.clock.mono_ms + ms, self.clock.now_ms + ms
        self.clock = replace(self.clock, mono_ms=mono, now_ms=now)
        self.test.work(self.clock)
        return self

    def answer(self, ear: str, result: str = "played") -> Hamlet:
        reason = "not_heard" if ear == "not_heard" else ""
        self.house.work(Outcome("self-test", result, "decoder", reason, 6800, ear))
        return self.later()

    @property
    def tests(self) -> int:
        return self.house.player.ordered.count(("play", "self-test"))

    @property
    def told(self) -> list[str | None]:
        return [f.reason for f in self.house.journal.facts if f.fact == "self_test"]


def test_at_its_hour_it_is_made_once_and_quietly() -> None:
    hamlet = Hamlet().later(-60_000).later(60_000).answer("heard")
    for _ in range(20):
        hamlet.later(RETRY_MS)

    assert hamlet.tests == 1
    assert hamlet.told == [None]
    assert hamlet.house.player.played[0]["volume"] == hamlet.house.standing.settings.volumes.low


def test_not_heard_is_tried_again_after_ten_minutes_before_it_is_told() -> None:
    hamlet = Hamlet().later().answer("not_heard")
    assert (hamlet.tests, hamlet.told) == (1, [])

    hamlet.later(RETRY_MS).answer("not_heard")

    assert (hamlet.tests, hamlet.told) == (2, ["not_heard"])


def test_heard_at_the_second_time_is_well() -> None:
    hamlet = Hamlet().later().answer("not_heard").later(RETRY_MS).answer("heard")

    assert hamlet.told == [None]


def test_while_something_plays_it_waits_ten_minutes() -> None:
    hamlet = Hamlet()
    hamlet.house.shelve(a_bulletin()).work()
    hamlet.later().later(RETRY_MS - 1)

    assert hamlet.tests == 0


def test_a_bulletin_that_comes_in_between_is_no_answer() -> None:
    hamlet = Hamlet().later().answer("", "stopped")
    assert hamlet.told == []

    hamlet.later(RETRY_MS)

    assert hamlet.tests == 2


@pytest.mark.parametrize("clock", ["floor", "unknown"])
def test_without_a_clock_there_is_no_hour(clock: Any) -> None:
    hamlet = Hamlet()
    hamlet.clock = replace(hamlet.clock, state=clock)

    assert hamlet.later().tests == 0


def test_without_a_microphone_nobody_is_disturbed() -> None:
    assert Hamlet("none").later().tests == 0


def test_quiet_hours_hold_here_too() -> None:
    quiet = HardLimits(quiet_hours=[Window(start="16:00", end="18:00")])

    assert Hamlet(limits=quiet).later().tests == 0


def test_the_district_may_ask_for_one_at_any_time_and_learns_that_there_is_no_microphone() -> None:
    hamlet = Hamlet("none")
    hamlet.clock = CLOCK
    hamlet.test.ask()
    hamlet.later().answer("no_mic")

    assert hamlet.told == ["no_mic"]


def test_the_hour_is_over_two_hours_later_and_on_other_days() -> None:
    when = weekly("2 16:30")

    assert when is not None
    assert day_due(when, HALF_PAST_FOUR) == TUESDAY.toordinal()
    assert day_due(when, HALF_PAST_FOUR + 7_200_000) is None
    assert day_due(when, HALF_PAST_FOUR - 1) is None
    assert day_due(when, HALF_PAST_FOUR + 86_400_000) is None
    assert weekly("") is None
