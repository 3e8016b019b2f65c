"""The node's line to the broker, as the agent sees it: the port, and what comes through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Connected:
    pass


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended or never stood; the agent decides when to try again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker granted these; `refused` it did not."""

    topics: tuple[str, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """One raw message; empty payloads never come through."""

    topic: str
    payload: bytes


LinkEvent = Connected | Lost | Subscribed | Arrived


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for this node when it vanishes."""

    topic: str
    payload: bytes


class Link(Protocol):
    """MQTT 3.1.1, clean sessions. Nothing here blocks, and nothing here reconnects by itself."""

    def connect(self, will: Will, keepalive_s: int) -> None:
        """One attempt: ends in Connected, or in Lost."""

    def events(self) -> list[LinkEvent]:
        """What happened since last asked, in order."""

    def subscribe(self, topics: Sequence[str]) -> None:
        """At QoS 0; answered by Subscribed. Clean sessions: ask again after every Connected."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """At QoS 1; a message that a Lost swallows is the caller's to send again."""

    def close(self, *, patience_s: float = 0) -> None:
        """Ends the connection in order, once what was said last has arrived or it took too long."""
