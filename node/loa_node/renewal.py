"""A new certificate before the old one runs out, and also after: with a new key, vouched for by
the old one. Nothing waits for it: the line goes on with what it has until the new one is there.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.enrol import Answer, Asked, Desk, PapersError, Unsaid
from loa_node.facts import a_fact
from loa_wire.enrol import Enrolment, Renew

SPREAD_MS: Final = 600_000
"""Nodes taken in on one day must not all ask in one minute when it is time."""
FIRST_RETRY_MS, LONGEST_RETRY_MS = 60_000, 6 * 3_600_000
LOOK_MS: Final = 60_000
REFUSED: Final = "renewal_refused"


class Life(Protocol):
    @property
    def begins(self) -> int: ...
    @property
    def ends(self) -> int: ...


class Papers(Protocol):
    def life(self) -> Life: ...
    def cert(self) -> str: ...
    def next_csr(self) -> str: ...
    def proof(self, csr: str) -> str: ...
    def renew(self, cert: str, node: str) -> None:
        """Raises PapersError, and the old papers stay."""


def is_due(life: Life, earliest_ms: int) -> bool:
    """From two thirds of its life on; `earliest_ms` is a time that is certainly not ahead."""
    return earliest_ms >= life.begins + (life.ends - life.begins) * 2 // 3


class Renewal:
    def __init__(  # noqa: PLR0913 - a composition of ports
        self,
        papers: Papers,
        desk: Desk,
        diary: Diary,
        *,
        node: str,
        serial: str,
        renewed: Callable[[], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._node = node
        self._serial = serial
        self._papers = papers
        self._desk = desk
        self._diary = diary
        self._renewed = renewed
        self._chance = chance
        self._life = papers.life()
        self._at: int | None = None  # None: not due
        self._look_at = 0
        self._asking = False
        self._failures = 0
        self._told = ""

    def work(self, now: Clock) -> bool:
        """True when the line should come again with the new papers."""
        done = False
        for answer in self._desk.answers():
            done = self._hear(answer, now) or done
        if self._at is None and now.mono_ms >= self._look_at:
            self._look_at = now.mono_ms + LOOK_MS
            self._plan(now)
        if self._at is not None and now.mono_ms >= self._at and not self._asking:
            self._ask(now)
        return done

    def _plan(self, now: Clock) -> None:
        if not is_due(self._life, now.earliest_ms):
            return
        hurry = now.earliest_ms >= self._life.ends
        self._at = now.mono_ms + (0 if hurry else int(SPREAD_MS * self._chance()))

    def _ask(self, now: Clock) -> None:
        try:
            asked = self._asked()
        except OSError as e:  # a card that no longer takes a file
            self._failed("disk", now, e.strerror)
            return
        self._asking = True
        self._desk.ask(asked)

    def _asked(self) -> Asked:
        csr = self._papers.next_csr()
        document = Renew(
            node=self._node,
            csr=csr,
            cert=self._papers.cert(),
            proof=self._papers.proof(csr),
            serial=self._serial,
        )
        return Asked("/renew", msgspec.json.encode(document))

    def _hear(self, answer: Answer, now: Clock) -> bool:
        self._asking = False
        if isinstance(answer, Unsaid):
            # no line is no answer: nothing to tell, and nobody to tell it to
            told = "" if answer.reason == "unreachable" else REFUSED
            self._failed(told, now, answer.why or answer.reason)
            return False
        try:
            self._take(answer.enrolment)
        except PapersError as e:
            self._failed("wrong_papers", now, str(e))
            return False
        except OSError as e:
            self._failed("disk", now, e.strerror)
            return False
        self._at, self._failures, self._told = None, 0, ""
        ends = str(self._life.ends // 1000)
        self._diary.write(now, [a_fact("config_applied", doc="certificate", detail=ends)])
        return True

    def _take(self, said: Enrolment) -> None:
        if said.state != "active":
            raise PapersError(f"the district says {said.state}")
        self._papers.renew(said.cert, self._node)
        self._life = self._papers.life()
        self._renewed()

    def _failed(self, reason: str, now: Clock, detail: str | None) -> None:
        """`reason` is told once, until another takes its place; "" is not told."""
        step = min(FIRST_RETRY_MS * 2 ** min(self._failures, 12), LONGEST_RETRY_MS)
        self._failures += 1
        self._at = now.mono_ms + int(step * (0.5 + self._chance() / 2))
        if reason and reason != self._told:
            self._told = reason
            told = a_fact("refused", doc="certificate", reason=reason, detail=detail)
            self._diary.write(now, [told])
