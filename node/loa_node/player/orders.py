"""What the agent may order, read from its JSON lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loa_node.lines import Message

LONGEST_LEAD_MS = 10_000


@dataclass(frozen=True, slots=True)
class Play:
    play: str
    path: Path
    signed_ms: int = 0  # duration in the signed bulletin, 0 unknown
    volume: int = 100
    lead_ms: int = 0  # silence first: HDMI and amplifiers swallow what comes while they wake
    reference: Path | None = None  # its fingerprint, for the ear
    reference_ms: int = 0  # where in the sound that lies


@dataclass(frozen=True, slots=True)
class Stop:
    play: str  # "*" is whatever plays
    reason: str = "stopped"


@dataclass(frozen=True, slots=True)
class Confirm:
    play: str


@dataclass(frozen=True, slots=True)
class Report:
    """Say how things are."""


Order = Play | Stop | Confirm | Report


def read(message: Message) -> Order | None:
    """None for what cannot be understood: it is logged and skipped, sound goes on."""
    do, play = message.get("do"), message.get("play")
    if do == "state":
        return Report()
    if not isinstance(play, str) or not play:
        return None
    match do:
        case "play":
            return _play(play, message)
        case "stop":
            return Stop(play)
        case "confirm":
            return Confirm(play)
        case _:
            return None


def _play(play: str, message: Message) -> Play | None:
    path, reference = message.get("path"), message.get("reference")
    defaults = {"duration_ms": 0, "volume": 100, "lead_ms": 0, "reference_ms": 0}
    numbers = [message.get(key, default) for key, default in defaults.items()]
    if not isinstance(path, str) or not Path(path).is_absolute():
        return None
    if not isinstance(reference, str | None) or any(type(n) is not int for n in numbers):
        return None
    duration, volume, lead, at = numbers
    return Play(
        play,
        Path(path),
        max(0, duration),
        max(0, min(volume, 100)),  # libVLC clips above 100
        max(0, min(lead, LONGEST_LEAD_MS)),
        Path(reference) if reference else None,
        max(0, at),
    )
