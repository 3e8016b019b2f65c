"""Whether the line still hears: a word to ourselves now and then. Pure.

A broker may forget what a session listens to and go on answering its pings; a node would then be
"online" and deaf for weeks. So a word is said into the very branch that orders come down, and
has to come back.

    hearing --unanswered--> listen again --unanswered--> come again --unanswered--> start anew
       ^______________________any word or order that comes back_________________________|

A broker that never let one word back may simply not allow them: where other messages arrive the
line is then left alone, and the program is never started anew for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

LONGEST_WAIT_MS: Final = 60_000
PAUSE_MS: Final = 900_000
"""Between coming again and coming again, where the broker has never let a word back."""

Measure = Literal["", "listen", "reconnect", "restart"]


@dataclass(frozen=True, slots=True)
class Hearing:
    """`said_at` and `next_at` are monotonic ms; `word` is what is waited for, b"" for nothing."""

    word: bytes = b""
    said_at: int = 0
    next_at: int = 0
    count: int = 0  # words said
    in_vain: int = 0  # in a row
    anything: bool = False  # some message has come in this connection
    ever: bool = False  # a word has come back since this program started


def begun(state: Hearing, mono: int) -> Hearing:
    """A connection has begun. What was done in vain before counts on: coming again does not prove
    that anything is heard."""
    return replace(state, word=b"", next_at=max(mono, state.next_at), anything=False)


def came(state: Hearing, payload: bytes, mono: int, every_ms: int) -> Hearing:
    """A word of ours; an old one, late, proves as much."""
    told = replace(state, ever=True, anything=True, in_vain=0)
    if payload != state.word:
        return told
    return replace(told, word=b"", next_at=mono + every_ms)


def ordered(state: Hearing, mono: int, every_ms: int) -> Hearing:
    """Something else came down our own branch: for a heartbeat there is nothing to ask."""
    return replace(state, word=b"", anything=True, in_vain=0, next_at=mono + every_ms)


def overheard(state: Hearing) -> Hearing:
    """Something came that we listen to beside our own branch."""
    return state if state.anything else replace(state, anything=True)


def is_time_to_say(state: Hearing, mono: int) -> bool:
    return not state.word and mono >= state.next_at


def said(state: Hearing, name: str, mono: int) -> Hearing:
    """`name` tells this connection's words from another's."""
    count = state.count + 1
    return replace(state, word=f"{name}/{count}".encode(), said_at=mono, count=count)


def judged(state: Hearing, mono: int, every_ms: int) -> tuple[Hearing, Measure]:
    """What follows from a word that has not come back in time."""
    if not state.word or mono - state.said_at < min(every_ms, LONGEST_WAIT_MS):
        return state, ""
    silent = replace(state, word=b"", next_at=mono, in_vain=state.in_vain + 1)
    if not state.ever and state.anything:
        return replace(silent, in_vain=0, next_at=mono + every_ms), ""
    if silent.in_vain == 1:
        return silent, "listen"
    if silent.in_vain == 2 or not state.ever:
        return replace(silent, next_at=mono if state.ever else mono + PAUSE_MS), "reconnect"
    return silent, "restart"
