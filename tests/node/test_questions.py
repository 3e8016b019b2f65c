"""When the district is asked for the time."""

from __future__ import annotations

import itertools

from loa_node import questions
from loa_node.questions import ASKED_AT_MS, HOURLY_MS, PAUSE_MS, Asking
from loa_node.trust import ANSWER_MS


class Node:
    """Looks every half second, as the loop of the agent does at least."""

    def __init__(self) -> None:
        self.state = Asking()
        self.mono = 0
        self.asked_at: list[int] = []

    def until(self, mono: int, *, urgent: bool = False) -> list[int]:
        """The times at which it asked."""
        self.asked_at = []
        while self.mono <= mono:
            self.state = questions.turned(self.state, self.mono, urgent=urgent)
            if questions.is_time_to_ask(self.state, self.mono):
                self.state = questions.asked(self.state, f"n{self.mono}", self.mono)
                self.asked_at.append(self.mono)
            self.mono += 500
        return self.asked_at

    def answer(self) -> None:
        nonce = max(self.state.open, key=lambda n: self.state.open[n])
        self.state = questions.answered(self.state, nonce, self.mono)


def test_five_questions_within_eighteen_seconds() -> None:
    assert Node().until(29_500) == list(ASKED_AT_MS)


def test_an_answer_ends_the_round_and_the_next_is_in_an_hour() -> None:
    node = Node()
    node.until(2_500)

    node.answer()

    first = node.mono + HOURLY_MS
    assert node.until(first + 500) == [first]


def test_rounds_in_vain_come_less_and_less_often() -> None:
    node = Node()

    asked = node.until(3 * HOURLY_MS)

    starts = [at for n, at in enumerate(asked) if n % 5 == 0]
    pauses = [b - a - ANSWER_MS for a, b in itertools.pairwise(starts)]
    assert pauses[:4] == list(PAUSE_MS)
    assert set(pauses[4:]) == {PAUSE_MS[-1]}


def test_something_that_waits_for_a_proof_is_asked_about_at_once_and_again_and_again() -> None:
    node = Node()
    node.until(0)
    node.answer()
    node.until(600_000)
    begun = node.mono

    asked = node.until(begun + 5 * 60_000 - 1_000, urgent=True)

    assert asked[0] == begun
    assert len(asked) == 5 * 5


def test_answers_that_let_nothing_through_are_not_asked_for_without_a_pause() -> None:
    node = Node()
    asked = 0
    while node.mono < 10 * 60_000:
        asked += len(node.until(node.mono, urgent=True))
        if node.state.begun is not None:
            node.answer()

    assert asked == 10 * 60_000 // PAUSE_MS[0]


def test_a_new_line_is_tried_at_once_after_rounds_in_vain() -> None:
    node = Node()
    node.until(1_800_000)
    before = node.mono

    node.state = questions.reached(node.state, node.mono)

    assert node.until(before + 400) == [before]


def test_old_questions_are_forgotten() -> None:
    node = Node()

    node.until(6 * HOURLY_MS)

    assert len(node.state.open) <= 10
