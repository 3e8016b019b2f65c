"""A line to nobody: what is said is kept, and a test says what arrives."""

from __future__ import annotations

from collections.abc import Sequence

from loa_node.link import Connected, LinkEvent, Lost, Subscribed, Will


class FakeLink:
    def __init__(self) -> None:
        self.coming: list[LinkEvent] = []
        self.wills: list[Will] = []
        self.subscribed: list[tuple[str, ...]] = []
        self.said: list[tuple[str, bytes, bool]] = []
        self.closed = False

    def connect(self, will: Will, keepalive_s: int) -> None:  # noqa: ARG002 - the port's own
        self.wills.append(will)

    def succeed(self) -> None:
        self.coming.append(Connected())

    def fail(self, reason: str = "refused") -> None:
        self.coming.append(Lost(reason))

    def events(self) -> list[LinkEvent]:
        taken, self.coming = self.coming, []
        return taken

    def subscribe(self, topics: Sequence[str]) -> None:
        self.subscribed.append(tuple(topics))
        self.coming.append(Subscribed(tuple(topics)))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.said.append((topic, payload, retain))

    def close(self, *, patience_s: float = 0) -> None:  # noqa: ARG002 - nothing is on its way here
        self.closed = True
