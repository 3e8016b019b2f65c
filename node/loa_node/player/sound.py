"""The loudspeaker as the channel needs it: the port, and what passes through it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

What = Literal["playing", "ended", "error", "output_error"]


class SoundError(Exception):
    """No sound can be made on this machine; the message says what to install or change."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something the library said; `turn` is the start() it belongs to, so a late one is known."""

    turn: int
    what: What
    at: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the current play has come. Counts are decoder buffers, times time.monotonic()."""

    decoded: int = 0
    played: int = 0
    lost: int = 0
    first_at: float = 0.0  # when the first sample sounded; 0 before it has
    heard_ms: int = 0  # only a WAV loudspeaker knows; 0 elsewhere
    gap_ms: int = 0  # of that, silence where the file had nothing to give
    more: bool = False  # sound is still to come although the library has said its last
    device_moved: bool = False
    muted: bool = False


class Sound(Protocol):
    """Called by one thread at a time. Events go to the queue it was given."""

    def open(self) -> None:
        """Raises SoundError."""

    def start(self, play: str, path: Path, volume: int) -> int:
        """Plays a file at once, cutting off what plays; returns the turn its events will carry."""

    def stop(self) -> None:
        """Silence, now."""

    def finish(self) -> None:
        """The play has come to its own end."""

    def assert_volume(self, volume: int) -> None:
        """Unmutes and sets 0-100 where the output has drifted from it."""

    def reading(self, now: float) -> Reading: ...

    def close(self) -> None: ...
