"""A broker that forgets a session, and one that is told to say nothing more: both answer pings.

The node's line and link on a real Mosquitto, with heartbeats of a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from fakes.shelf import FakeShelf
from fakes.wire import NODE, NOW, UNIT, People, an_assignment
from loa_node.adapters.paho_link import PahoLink
from loa_node.adapters.tls import client_context
from loa_node.clock import Clock
from loa_node.line import Line
from loa_node.link import Arrived
from loa_node.report import Presence
from loa_node.standing import Standing
from loa_wire import topics
from parts.broker import Broker
from parts.client import Client
from parts.pki import Certificates

pytestmark = pytest.mark.parts
PATIENCE_S = 20.0
OURS = topics.down(NODE, "command")


class Node:
    def __init__(self, broker: Broker, pki: Certificates) -> None:
        files = pki.node(NODE)
        context = client_context(pki.cafile, lambda: 0, (files.cert, files.key))
        self.link = PahoLink(NODE, (broker.host, broker.port), context, lambda: None)
        standing = Standing(NODE, UNIT, People().sealed_root(), FakeShelf())
        standing.assignment = an_assignment()
        presence = Presence(NODE, 1, 0, "b1", "t1", "0.1.0")
        # heartbeats are long beside a scheduler's hiccup: what is asked is the order, not the time
        self.line = Line(self.link, standing, FakeShelf(), presence, 1, chance=lambda: 0.0)
        self.arrived: list[Arrived] = []
        self.measures: list[str] = []
        self.line.start(self._now())

    def until(self, what: str, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, f"never: {what}; {self.measures}, {self.line.reason}"
            self.live()

    def live(self) -> None:
        self.arrived += self.line.work(self._now())[0]
        self.measures += self.line.take_measures()
        time.sleep(0.02)

    def heard(self, payload: bytes) -> bool:
        return any(one.payload == payload for one in self.arrived)

    @staticmethod
    def _now() -> Clock:
        return Clock("synced", NOW, NOW, mono_ms=time.monotonic_ns() // 1_000_000, boot="b1")


@pytest.fixture
def engine(broker: Broker, pki: Certificates) -> Iterator[Client]:
    with Client(broker.port, pki.context(pki.program("loa-engine")), "engine") as client:
        yield client


@pytest.fixture
def node(broker: Broker, pki: Certificates) -> Iterator[Node]:
    made = Node(broker, pki)
    made.until("it listens", lambda: made.line.connected and not made.line.reason)
    end = time.monotonic() + 2.5  # a few words to itself go through
    while time.monotonic() < end:
        made.live()
    assert made.measures == []
    yield made
    with suppress(OSError):
        made.link.close()


def test_what_the_broker_forgot_is_listened_to_again(node: Node, engine: Client) -> None:
    forget(node)

    node.until("it has noticed", lambda: bool(node.measures))
    node.until("it listens again", lambda: not node.line.reason)
    for _ in range(20):
        node.live()
    engine.publish(OURS, b"after")

    node.until("it hears", lambda: node.heard(b"after"))
    assert node.measures == ["listen"]
    assert node.line.connected


def test_a_broker_that_says_nothing_more_is_left_for_a_new_line_and_then_a_new_start(
    node: Node, broker: Broker
) -> None:
    before = node.line.presence.connects
    mute(broker, speaks=False)

    node.until("it has done all it can", lambda: "restart" in node.measures)

    assert node.measures == ["listen", "reconnect", "restart"]
    assert node.line.presence.connects == before + 1

    mute(broker, speaks=True)
    again = Node(broker, broker.pki)  # what systemd starts then
    again.until("it listens", lambda: again.line.connected and not again.line.reason)
    again.until("its word comes back", lambda: again.line.hears)
    again.link.close()


def forget(node: Node) -> None:
    """The very session that lives on loses what it listens to: as a broker that was restored from
    an older state, or a cluster that moved it."""
    client = node.link._client
    assert client is not None
    client.unsubscribe(topics.node_subscriptions(NODE, UNIT, an_assignment().area_ids()))


def mute(broker: Broker, *, speaks: bool) -> None:
    rules = broker.folder / "acl"
    text = rules.read_text(encoding="utf-8")
    line = "pattern read loa/1/node/%u/down/+\n"
    rules.write_text(text.replace(f"#{line}", line) if speaks else text.replace(line, f"#{line}"))
    broker.reload()
