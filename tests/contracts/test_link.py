"""What the link must do, on a real Mosquitto with the product's own configuration."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TypeVar

import pytest

from fakes.wire import HAMLET, NODE, UNIT
from loa_node.adapters.paho_link import PahoLink
from loa_node.adapters.tls import client_context
from loa_node.link import Arrived, Connected, LinkEvent, Lost, Subscribed, Will
from loa_wire import topics
from parts.broker import Broker
from parts.client import Client
from parts.pki import Certificates

pytestmark = pytest.mark.parts
WAIT_S = 15.0
E = TypeVar("E", bound=LinkEvent)
WILL = Will(topics.up(NODE, "status"), b"offline")
OURS = topics.node_subscriptions(NODE, UNIT, [HAMLET])


class Ear:
    """The agent's end: waits for the next event of one kind."""

    def __init__(self, broker: Broker, pki: Certificates, node: str = NODE) -> None:
        self._woken = threading.Event()
        self._events: list[LinkEvent] = []
        files = pki.node(node)
        context = client_context(pki.cafile, lambda: 0, (files.cert, files.key))
        self.link = PahoLink(node, (broker.host, broker.port), context, self._woken.set)

    def until(self, kind: type[E]) -> E:
        while True:
            for n, event in enumerate(self._events):
                if isinstance(event, kind):
                    del self._events[: n + 1]
                    return event
            if not self._woken.wait(WAIT_S):
                raise AssertionError(f"no {kind.__name__}, but {self._events}")
            self._woken.clear()
            self._events += self.link.events()

    def listening(self, topics_: list[str] = OURS) -> Ear:
        self.link.connect(WILL, 60)
        self.until(Connected)
        self.link.subscribe(topics_)
        self.until(Subscribed)
        return self


@pytest.fixture
def engine(broker: Broker, pki: Certificates) -> Iterator[Client]:
    with Client(broker.port, pki.context(pki.program("loa-engine")), "engine") as client:
        yield client


@pytest.fixture
def ear(broker: Broker, pki: Certificates) -> Iterator[Ear]:
    made = Ear(broker, pki)
    yield made
    made.link.close()


def test_what_the_district_says_arrives_as_it_was_sent(engine: Client, ear: Ear) -> None:
    ear.listening()

    engine.publish(topics.area(HAMLET, "bulletin"), b"\x00raw\xff")

    assert ear.until(Arrived) == Arrived(topics.area(HAMLET, "bulletin"), b"\x00raw\xff")


def test_state_is_there_for_a_node_that_comes_later(engine: Client, ear: Ear) -> None:
    engine.publish(topics.down(NODE, "settings"), b"signed", retain=True)

    ear.listening()

    assert ear.until(Arrived).payload == b"signed"


def test_every_subscription_is_answered(ear: Ear) -> None:
    ear.link.connect(WILL, 60)
    ear.until(Connected)

    ear.link.subscribe(OURS)

    assert ear.until(Subscribed) == Subscribed(tuple(OURS))


def test_what_the_node_says_is_heard_by_the_district(engine: Client, ear: Ear) -> None:
    engine.subscribe(topics.INGEST_SUBSCRIPTION)
    ear.listening()

    ear.link.publish(topics.up(NODE, "journal"), b"facts")

    assert engine.heard() == (topics.up(NODE, "journal"), b"facts")


def test_many_messages_keep_their_order(engine: Client, ear: Ear) -> None:
    engine.subscribe(topics.INGEST_SUBSCRIPTION)
    ear.listening()

    for n in range(300):
        ear.link.publish(topics.up(NODE, "journal"), str(n).encode())

    assert [int(engine.heard()[1]) for _ in range(300)] == list(range(300))


def test_empty_payloads_never_come_through(engine: Client, ear: Ear) -> None:
    ear.listening()

    engine.publish(topics.area(HAMLET, "emergency"), b"")
    engine.publish(topics.area(HAMLET, "bulletin"), b"after")

    assert ear.until(Arrived).payload == b"after"


def test_the_will_is_said_when_the_node_vanishes_and_not_at_goodbye(
    engine: Client, broker: Broker, pki: Certificates
) -> None:
    engine.subscribe(topics.INGEST_SUBSCRIPTION)
    polite = Ear(broker, pki, "tq-02").listening()
    polite.link.publish(topics.up("tq-02", "status"), b"goodbye")
    polite.link.close()
    rude = Ear(broker, pki).listening()

    Ear(broker, pki).link.connect(WILL, 60)  # the same identity again takes its place

    assert engine.heard() == (topics.up("tq-02", "status"), b"goodbye")
    assert engine.heard() == (WILL.topic, WILL.payload)
    assert isinstance(rude.until(Lost), Lost)


def test_a_broker_that_dies_is_a_loss_and_the_same_link_connects_again(
    broker: Broker, ear: Ear
) -> None:
    ear.listening()

    broker.kill()
    assert ear.until(Lost).reason
    broker.start()
    ear.listening()


def test_nobody_at_the_other_end_is_a_loss_with_a_reason(broker: Broker, ear: Ear) -> None:
    broker.stop()

    ear.link.connect(WILL, 60)

    assert "refused" in ear.until(Lost).reason


def test_a_certificate_of_a_stranger_is_not_let_in(
    broker: Broker, pki: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> None:
    others = Certificates(tmp_path_factory.mktemp("others"))
    files = others.node(NODE)
    woken = threading.Event()
    context = client_context(pki.cafile, lambda: 0, (files.cert, files.key))
    link = PahoLink(NODE, (broker.host, broker.port), context, woken.set)

    link.connect(WILL, 60)

    assert woken.wait(WAIT_S)
    assert isinstance(link.events()[0], Lost)
