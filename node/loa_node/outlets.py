"""The player and the screen as the agent sees them: two programs at the end of local sockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Scene = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a play ended. Kept by the player, across agents, until it is confirmed."""

    play: str
    result: str  # played | partial | failed | stopped
    evidence: str  # command | decoder | device | heard
    reason: str
    played_ms: int
    ear: str = ""  # heard | unsure | not_heard | no_mic; nothing to compare with: empty


@dataclass(frozen=True, slots=True)
class Reference:
    """What the player's ear compares with, and where in the sound it lies."""

    path: Path
    at_ms: int


@dataclass(frozen=True, slots=True)
class PlayerHello:
    playing: str  # "" for nothing
    outcomes: Sequence[Outcome]
    output: str
    microphone: str = "none"


@dataclass(frozen=True, slots=True)
class Sounding:
    play: str
    latency_ms: int


@dataclass(frozen=True, slots=True)
class ScreenHello:
    driver: str


@dataclass(frozen=True, slots=True)
class Shown:
    scene: str


@dataclass(frozen=True, slots=True)
class Pictured:
    path: str


@dataclass(frozen=True, slots=True)
class Alive:
    pass


@dataclass(frozen=True, slots=True)
class Gone:
    """The program at the other end is no longer there."""


PlayerEvent = PlayerHello | Sounding | Outcome | Alive | Gone
ScreenEvent = ScreenHello | Shown | Pictured | Alive | Gone


class Player(Protocol):
    """An order to a player that is not there is lost; Gone or PlayerHello tells so."""

    @property
    def present(self) -> bool: ...
    def dial(self) -> None:
        """One attempt, if not connected."""

    def events(self) -> list[PlayerEvent]: ...
    def play(
        self,
        play: str,
        path: Path,
        duration_ms: int,
        volume: int,
        lead_ms: int,
        reference: Reference | None = None,
    ) -> None: ...
    def stop(self, play: str) -> None: ...
    def confirm(self, play: str) -> None: ...


class Screen(Protocol):
    @property
    def present(self) -> bool: ...
    def dial(self) -> None: ...
    def events(self) -> list[ScreenEvent]: ...
    def show(self, scene: Scene) -> None: ...
    def picture(self, path: Path, width: int) -> None:
        """Writes a PNG of what is on the screen, at most so wide; answered by Pictured."""
