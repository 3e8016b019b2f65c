"""A person far away tries this node: a tone, its name on the screen, a new start.

Each order has its answer as one fact, written when it is known how it went: `doc` is the order,
`occurrence` its ticket, `reason` why it was not done. Quiet hours hold for a tone too, unless the
order says that it is meant; nothing is tried while something is said.
"""

from __future__ import annotations

from typing import Final

from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.facts import a_fact
from loa_node.stage import Stage
from loa_node.standing import Standing
from loa_wire import programme
from loa_wire.down import Command
from loa_wire.localtime import window_end

PATIENCE_MS: Final = 15_000
"""How long the player may take to say what came of two seconds of tone."""


class Obeying:
    def __init__(self, stage: Stage, standing: Standing, diary: Diary) -> None:
        self._stage = stage
        self._standing = standing
        self._diary = diary
        self._sounding: Command | None = None
        self._until = 0
        self.restart = False

    def obey(self, command: Command, clock: Clock) -> None:
        """test_tone, identify, restart."""
        refused = self._not_now(command, clock)
        if refused:
            self._answer(command, clock, refused)
        elif command.command == "restart":
            self._answer(command, clock)
            self.restart = True
        else:
            self._stage.toned = None
            self._sounding, self._until = command, clock.mono_ms + PATIENCE_MS

    def work(self, clock: Clock) -> None:
        command, outcome = self._sounding, self._stage.toned
        if command is None:
            return
        if outcome is not None:
            self._sounding, self._stage.toned = None, None
            done = outcome.result == "played"
            self._answer(command, clock, "" if done else outcome.reason or outcome.result)
        elif clock.mono_ms >= self._until:
            self._sounding = None
            self._answer(command, clock, "no_answer")

    def _not_now(self, command: Command, clock: Clock) -> str:
        """Why it is not done, or "" where it has been begun."""
        if not self._stage.resting or self._sounding is not None:
            return "busy"
        if command.command == "restart":
            return ""
        hushed = self._hushed(clock) and not command.in_quiet_hours
        if command.command == "identify":
            self._stage.wall.identify(clock)  # a name on the screen wakes nobody
        if hushed:
            return "quiet_hours"
        return "" if self._stage.sound_test(clock) else "no_player"

    def _hushed(self, clock: Clock) -> bool:
        """Without a calendar nobody knows when the quiet hours are."""
        assignment = self._standing.assignment
        if assignment is None or not clock.calendar:
            return False
        windows = programme.quiet_windows(assignment, self._standing.settings)
        return window_end(windows, clock.now_ms) is not None

    def _answer(self, command: Command, clock: Clock, refused: str = "") -> None:
        fact = a_fact(
            "obeyed",
            occurrence=command.ticket,
            doc=command.command,
            result="failed" if refused else "played",
            reason=refused or None,
        )
        self._diary.write(clock, [fact])
