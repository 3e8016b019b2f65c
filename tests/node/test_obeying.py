"""What a person far away may ask of a node, and what is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.wire import a_bulletin, a_command
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.obeying import PATIENCE_MS, Obeying
from loa_node.outlets import Outcome, PlayerHello
from loa_node.wall import IDENTIFY_MS
from loa_wire.localtime import at_local, to_local
from loa_wire.trusted import HardLimits, Window
from node.test_stage import CLOCK, House

NIGHT = at_local(to_local(CLOCK.now_ms).date(), "23:00")
DAYTIME = at_local(to_local(CLOCK.now_ms).date(), "10:00")
QUIET = HardLimits(quiet_hours=[Window(start="21:30", end="04:45")])


class Hamlet:
    def __init__(self, now_ms: int = DAYTIME, *, player: bool = True, **clock: Any) -> None:
        self.house = House(limits=QUIET).boot()
        self.house.clock = replace(CLOCK, now_ms=now_ms, **clock)
        house = self.house
        self.obeying = Obeying(house.stage, house.standing, Diary(house.journal, {}))
        if player:
            house.work(PlayerHello("", [], "alsa", "none"))
        house.player.present = player

    @property
    def clock(self) -> Clock:
        return self.house.clock

    def told(self, command: str, **said: Any) -> Hamlet:
        self.obeying.obey(a_command(command=command, **said), self.clock)
        return self

    def later(self, *said: Any, ms: int = 1000) -> Hamlet:
        self.house.work(*said, later_ms=ms)
        self.obeying.work(self.clock)
        return self

    @property
    def tones(self) -> int:
        return self.house.player.ordered.count(("play", "test"))

    @property
    def answers(self) -> list[tuple[str | None, str | None, str | None, str | None]]:
        facts = [f for f in self.house.journal.facts if f.fact == "obeyed"]
        return [(f.doc, f.occurrence, f.result, f.reason) for f in facts]


def toned(result: str = "played", reason: str = "") -> Outcome:
    return Outcome("test", result, "device", reason, 2000, "no_mic")


def test_a_tone_is_answered_when_it_has_sounded() -> None:
    hamlet = Hamlet().told("test_tone").later()
    assert (hamlet.tones, hamlet.answers) == (1, [])

    hamlet.later(toned())

    assert hamlet.answers == [("test_tone", "t1", "played", None)]


def test_what_did_not_sound_says_why() -> None:
    hamlet = Hamlet().told("test_tone").later(toned("failed", "device_lost"))

    assert hamlet.answers == [("test_tone", "t1", "failed", "device_lost")]


def test_a_player_that_says_nothing_is_not_waited_for_for_ever() -> None:
    hamlet = Hamlet().told("test_tone").later(ms=PATIENCE_MS).later(toned())

    assert hamlet.answers == [("test_tone", "t1", "failed", "no_answer")]


@pytest.mark.parametrize(
    ("now", "command", "meant", "answer"),
    [
        (NIGHT, "test_tone", False, "quiet_hours"),
        (NIGHT, "identify", False, "quiet_hours"),
        (NIGHT, "test_tone", True, ""),
        (DAYTIME, "test_tone", False, ""),
    ],
)
def test_nobody_is_woken_unless_it_is_meant(
    now: int, command: str, answer: str, *, meant: bool
) -> None:
    hamlet = Hamlet(now).told(command, in_quiet_hours=meant)

    assert hamlet.tones == (0 if answer else 1)
    assert [why for *_rest, why in hamlet.answers] == ([answer] if answer else [])


def test_without_a_player_it_says_so() -> None:
    hamlet = Hamlet(player=False).told("test_tone")

    assert hamlet.answers == [("test_tone", "t1", "failed", "no_player")]


@pytest.mark.parametrize("command", ["test_tone", "identify", "restart"])
def test_nothing_is_tried_while_something_is_said(command: str) -> None:
    hamlet = Hamlet()
    hamlet.house.shelve(a_bulletin(iat=DAYTIME, nbf=DAYTIME, exp=DAYTIME + 3_600_000)).work()
    hamlet.told(command)

    assert hamlet.answers == [(command, "t1", "failed", "busy")]
    assert hamlet.tones == 0
    assert not hamlet.obeying.restart


def test_its_name_is_on_the_screen_for_half_a_minute() -> None:
    hamlet = Hamlet().told("identify").later(toned())
    shown = [scene["id"] for scene in hamlet.house.screen.shown]

    hamlet.later(ms=IDENTIFY_MS)

    assert shown[-1] == "identify"
    assert hamlet.house.screen.shown[-1]["id"] == "rest"
    assert hamlet.answers == [("identify", "t1", "played", None)]


def test_a_new_start_is_told_before_it_happens() -> None:
    hamlet = Hamlet().told("restart")

    assert hamlet.obeying.restart
    assert hamlet.answers == [("restart", "t1", "played", None)]
