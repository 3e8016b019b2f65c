"""Whether the line still hears: what is done, in which order, when a word does not come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_node import echo
from loa_node.echo import Hearing, Measure

MINUTE = 60_000


class Ear:
    """A minute's heartbeat; `broker` says whether a word comes back, `helps` what cures it."""

    def __init__(self, *, broker: bool = True, helps: Measure = "") -> None:
        self.helps = helps
        self.state, self.mono = Hearing(), 0
        self.broker = broker
        self.taken: list[tuple[int, Measure]] = []

    def live(self, minutes: int, every_ms: int = MINUTE) -> Ear:
        """Looks once a second, as the agent does at least."""
        for _ in range(minutes * 60):
            self.mono += 1000
            self.state, measure = echo.judged(self.state, self.mono, every_ms)
            if measure:
                self.taken.append((self.mono, measure))
                self.broker |= measure == self.helps
            elif echo.is_time_to_say(self.state, self.mono):
                self.state = echo.said(self.state, "7", self.mono)
                if self.broker:
                    self.state = echo.came(self.state, self.state.word, self.mono, every_ms)
        return self

    @property
    def measures(self) -> list[Measure]:
        return [measure for _, measure in self.taken]


def test_a_line_that_hears_is_left_alone() -> None:
    assert Ear().live(120).measures == []


def test_deafness_is_found_within_two_heartbeats_and_met_by_more_each_time() -> None:
    ear = Ear().live(10)
    went_deaf = ear.mono

    ear.broker = False
    ear.live(10)

    assert ear.measures[:3] == ["listen", "reconnect", "restart"]
    assert ear.taken[0][0] - went_deaf <= 2 * MINUTE


def test_on_a_metered_line_it_is_found_within_one_heartbeat_and_a_minute() -> None:
    quarter = 15 * MINUTE
    ear = Ear().live(40, quarter)
    went_deaf = ear.mono

    ear.broker = False
    ear.live(20, quarter)

    assert ear.taken[0][0] - went_deaf <= quarter + MINUTE


@pytest.mark.parametrize("helps", [["listen"], ["listen", "reconnect"]])
def test_what_helped_is_the_last_that_is_done(helps: list[Measure]) -> None:
    ear = Ear(helps=helps[-1]).live(10)

    ear.broker = False
    ear.live(60)

    assert ear.measures == helps


def test_a_broker_that_allows_no_word_costs_a_node_that_hears_nothing() -> None:
    ear = Ear(broker=False)
    ear.state = echo.overheard(ear.state)

    assert ear.live(300).measures == []


def test_a_line_that_never_heard_anything_is_made_anew_now_and_then_and_never_the_program() -> None:
    ear = Ear(broker=False).live(120)

    assert ear.measures[:2] == ["listen", "reconnect"]
    assert "restart" not in ear.measures
    assert len(ear.measures) < 12


def test_an_order_proves_as_much_as_a_word() -> None:
    ear = Ear().live(10)
    ear.broker = False
    for _ in range(30):
        ear.live(1)
        ear.state = echo.ordered(ear.state, ear.mono, MINUTE)

    assert ear.measures == []


@pytest.mark.parametrize("payload", [b"", b"6/1", b"\xff"])
def test_another_word_does_not_answer_this_one(payload: bytes) -> None:
    state = echo.said(Hearing(), "7", 0)

    assert echo.came(state, payload, 10, MINUTE).word == state.word


@given(st.lists(st.sampled_from(["word", "order", "area", "connect", "silence"]), max_size=40))
def test_a_program_is_only_started_anew_after_coming_again(happened: list[str]) -> None:
    state, mono, since_heard = Hearing(), 0, []
    for what in happened:
        mono += 2 * MINUTE
        state = state if state.word else echo.said(state, "7", mono)
        match what:
            case "word":
                state = echo.came(state, state.word, mono, MINUTE)
            case "order":
                state = echo.ordered(state, mono, MINUTE)
            case "area":
                state = echo.overheard(state)
            case "connect":
                state = echo.begun(state, mono)
            case _:
                state, measure = echo.judged(state, mono + MINUTE, MINUTE)
                since_heard += [measure] if measure else []
        if what in ("word", "order"):
            since_heard = []
    assert since_heard.count("restart") == 0 or since_heard.index("restart") >= 2
