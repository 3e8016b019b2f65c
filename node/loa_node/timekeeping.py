"""What time it is here, and asking the district for it: by the broker first, by HTTPS as well."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from loa_node import clock, questions
from loa_node.clock import Clock, Reading
from loa_node.errands import Errands
from loa_node.line import Line
from loa_node.standing import Standing
from loa_wire.up import Ask

BROKER_ALONE: Final = 2
"""Questions of a round that only the broker gets, while it answers and nothing is urgent."""


def _nonce() -> str:
    return secrets.token_hex(16)


class Timekeeping:
    def __init__(
        self,
        standing: Standing,
        line: Line,
        errands: Errands,
        nonce: Callable[[], str] = _nonce,
    ) -> None:
        self._standing = standing
        self._line = line
        self._errands = errands
        self._nonce = nonce

    def clock(self, reading: Reading) -> Clock:
        standing = self._standing
        ends = standing.register.exp if standing.register else None
        now = clock.judge(reading, standing.floor_ms, ends, standing.anchor, standing.proof)
        standing.count_from(clock.anchor_of(reading, now, standing.anchor))
        return now

    def connected(self, now: Clock) -> None:
        self._standing.asking = questions.reached(self._standing.asking, now.mono_ms)

    def work(self, now: Clock, *, urgent: bool) -> None:
        standing = self._standing
        asking = questions.turned(standing.asking, now.mono_ms, urgent=urgent)
        if questions.is_time_to_ask(asking, now.mono_ms):
            nonce = self._nonce()
            asking = questions.asked(asking, nonce, now.mono_ms)
            self._ask(nonce, everywhere=urgent or asking.asked > BROKER_ALONE)
        standing.asking = asking

    def next_ms(self) -> int:
        return questions.next_ms(self._standing.asking)

    def _ask(self, nonce: str, *, everywhere: bool) -> None:
        question = Ask(node=self._standing.node, nonce=nonce).encode()
        said = self._line.say("ask", question)
        if everywhere or not said:
            self._errands.ask(nonce, question)
