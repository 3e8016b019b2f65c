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
    path = message.get("path")
    duration, volume, lead = (
        message.get(key, default)
        for key, default in (("duration_ms", 0), ("volume", 100), ("lead_ms", 0))
    )
    if not isinstance(path, str) or not Path(path).is_absolute():
        return None
    if type(duration) is not int or type(volume) is not int or type(lead) is not int:
        return None
    return Play(
        play,
        Path(path),
        max(0, duration),
        max(0, min(volume, 100)),  # libVLC clips above 100
        max(0, min(lead, LONGEST_LEAD_MS)),
    )
