"""What the engine asks of a broker, and the small values that pass between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from loa_wire import topics
from loa_wire.limits import PACKET

_AROUND: Final = 9
"""Bytes of an MQTT packet that are neither topic nor payload: header, two lengths, number."""


class UnsendableError(ValueError):
    """No broker takes this, now or later: it would end the connection, again and again."""


def refuse_unsendable(topic: str, payload: bytes) -> None:
    """Raises UnsendableError."""
    if not topic or set(topic) & set("+#\0"):
        raise UnsendableError(f"not a topic to publish on: {topic[:80]!r}")
    size = len(topic.encode()) + len(payload) + _AROUND
    if size > PACKET:
        raise UnsendableError(f"{topic[:80]}: a packet of {size} bytes, at most {PACKET}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message the broker still keeps for us. It means nothing in another session."""

    session: int
    mid: int


@dataclass(frozen=True, slots=True)
class Received:
    topic: str
    payload: bytes
    retained: bool  # kept by the broker from before: old news, maybe
    receipt: Receipt | None  # None: the broker does not wait for a word


def is_question(said: Received) -> bool:
    """A node's question for the time, asked now."""
    topic = None if said.retained else topics.read(said.topic)
    return topic is not None and (topic.family, topic.what) == ("up", "ask")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One message of ours that the broker has not acknowledged yet."""

    session: int
    mid: int


class Broker(Protocol):
    """The district's one connection. Thread-safe; what happens meanwhile is kept until asked for.

    A message from a node stays with the broker, whoever dies, until `done` says it is committed.
    """

    @property
    def session(self) -> int:
        """Rises with every connection; 0 while there is none."""

    def start(self) -> None:
        """Connects, and connects again for ever, without blocking the caller."""

    def stop(self) -> None: ...

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> Ticket | None:
        """At least once. None: not connected, and nothing will be sent. Raises UnsendableError."""

    def acknowledged(self) -> list[Ticket]:
        """Tickets that the broker has answered since the last call."""

    def receive(self, wait_s: float) -> Received | None:
        """The next message from a node, in the order the broker gave them; None if none came."""

    def asked(self, wait_s: float) -> Received | None:
        """The next question for the time, without its receipt: it also comes by `receive`.

        Only the newest questions are kept, and none that the broker had kept from before.
        """

    def done(self, receipts: Iterable[Receipt]) -> None:
        """The broker may forget these. Receipts of an earlier session are passed over."""
