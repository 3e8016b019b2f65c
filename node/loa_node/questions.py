"""Asking the district what time it is: when, and which answers are still waited for. Pure.

A round is five questions with fresh nonces, at 0, 2, 5, 10 and 18 seconds; any of them may be
answered within 30 (`trust.ANSWER_MS`). There is a round at the start, each hour after an answer,
and at once when something has come that only a proof of time can let through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from loa_node.trust import ANSWER_MS

ASKED_AT_MS: Final = (0, 2_000, 5_000, 10_000, 18_000)
HOURLY_MS: Final = 3_600_000
PAUSE_MS: Final = (30_000, 60_000, 300_000, 900_000)
"""Between rounds that nobody answered; the first of these again and again while it is urgent,
also after an answer that let nothing through: a register withheld must not cost a signature
for every round trip."""
REMEMBERED_MS: Final = 10 * ANSWER_MS
"""A late answer is told from one to a question that was never asked."""


@dataclass(frozen=True, slots=True)
class Asking:
    """`begun` is the start of the round under way (monotonic ms), None between two."""

    open: Mapping[str, int] = field(default_factory=dict)  # nonce: when it was asked
    answered: frozenset[str] = frozenset()
    begun: int | None = None
    asked: int = 0  # in this round
    next_round: int = 0
    in_vain: int = 0  # rounds since the last answer
    last_answer: int | None = None


def turned(state: Asking, mono: int, *, urgent: bool) -> Asking:
    """What time alone changes: a round ends unanswered, the next one begins."""
    if state.begun is not None and mono - state.begun >= ANSWER_MS:
        pause = PAUSE_MS[0] if urgent else PAUSE_MS[min(state.in_vain, len(PAUSE_MS) - 1)]
        state = replace(state, begun=None, next_round=mono + pause, in_vain=state.in_vain + 1)
    rested = state.last_answer is None or mono - state.last_answer >= PAUSE_MS[0]
    hurry = urgent and rested and state.next_round - mono > PAUSE_MS[0]
    if state.begun is None and (hurry or mono >= state.next_round):
        state = replace(state, begun=mono, asked=0)
    return state


def is_time_to_ask(state: Asking, mono: int) -> bool:
    if state.begun is None or state.asked >= len(ASKED_AT_MS):
        return False
    return mono - state.begun >= ASKED_AT_MS[state.asked]


def asked(state: Asking, nonce: str, mono: int) -> Asking:
    kept = {n: at for n, at in state.open.items() if mono - at <= REMEMBERED_MS}
    return replace(
        state,
        open={**kept, nonce: mono},
        answered=state.answered & kept.keys(),
        asked=state.asked + 1,
    )


def answered(state: Asking, nonce: str, mono: int) -> Asking:
    return replace(
        state,
        answered=state.answered | {nonce},
        begun=None,
        next_round=mono + HOURLY_MS,
        in_vain=0,
        last_answer=mono,
    )


def reached(state: Asking, mono: int) -> Asking:
    """A line to the district has just been made: what was asked in vain is asked again at once."""
    return replace(state, begun=None, next_round=mono) if state.in_vain else state


def next_ms(state: Asking) -> int:
    """The monotonic ms at which there may be something to do."""
    if state.begun is None:
        return state.next_round
    if state.asked >= len(ASKED_AT_MS):
        return state.begun + ANSWER_MS
    return state.begun + ASKED_AT_MS[state.asked]
