"""Once a week, quietly, at a set hour: does the loudspeaker still sound?

Skipped while something plays, and within quiet hours. What was not heard is tried once more ten
minutes later, before anybody is sent: a lorry may have passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.facts import a_fact
from loa_node.inbox import Shelf
from loa_node.outlets import Outcome
from loa_node.stage import Stage
from loa_node.standing import Standing
from loa_wire import programme
from loa_wire.localtime import minutes, to_local, window_end

RETRY_MS: Final = 600_000
TRIES: Final = 2
WITHIN_MINUTES: Final = 120
"""So long after its hour it is not begun any more: nobody is startled at night."""
DONE: Final = "self_test"


@dataclass(frozen=True, slots=True)
class Weekly:
    weekday: int  # ISO, 1 is Monday
    at: str  # local "HH:MM"


def weekly(text: str) -> Weekly | None:
    """`2 16:30` of node.toml is Tuesday; empty is never."""
    day, _, at = text.partition(" ")
    return Weekly(int(day), at) if text else None


def day_due(when: Weekly, now_ms: int) -> int | None:
    """The day's number if its hour has come and is not long past, else None."""
    local = to_local(now_ms)
    late = local.hour * 60 + local.minute - minutes(when.at)
    due = local.isoweekday() == when.weekday and 0 <= late < WITHIN_MINUTES
    return local.toordinal() if due else None


class SelfTest:
    def __init__(
        self, when: Weekly | None, stage: Stage, standing: Standing, shelf: Shelf, diary: Diary
    ) -> None:
        self._when = when
        self._stage = stage
        self._standing = standing
        self._shelf = shelf
        self._diary = diary
        self._asked = False
        self._tries = 0
        self._not_before = 0

    def ask(self) -> None:
        """The district wants one now."""
        self._asked, self._tries, self._not_before = True, 0, 0

    def work(self, clock: Clock) -> None:
        if (outcome := self._stage.tested) is not None:
            self._stage.tested = None
            self._note(outcome, clock)
        elif clock.mono_ms >= self._not_before and self._wanted(clock):
            self._not_before = clock.mono_ms + RETRY_MS  # also where something plays just now
            self._stage.self_test()

    def _wanted(self, clock: Clock) -> bool:
        if self._asked:
            return True
        if self._when is None or not clock.calendar or not self._stage.has_microphone:
            return False
        day = day_due(self._when, clock.now_ms)
        if day is None or self._shelf.version_of(DONE) == day:
            return False
        assignment = self._standing.assignment
        if assignment is None:
            return False
        quiet = programme.quiet_windows(assignment, self._standing.settings)
        return window_end(quiet, clock.now_ms) is None

    def _note(self, outcome: Outcome, clock: Clock) -> None:
        if outcome.result == "stopped":
            return  # a bulletin came in between: ten minutes later
        self._tries += 1
        if outcome.ear in ("not_heard", "unsure") and self._tries < TRIES:
            return
        self._asked, self._tries, self._not_before = False, 0, 0
        self._shelf.put(DONE, to_local(clock.now_ms).toordinal(), b"")
        heard = outcome.ear == "heard"
        reason = None if heard else outcome.reason or outcome.ear or outcome.result
        fact = a_fact("self_test", outlet="sound", reason=reason)
        self._diary.write(clock, [fact])
