"""What every Broker must do. Runs against the fake and a real Mosquitto, so the fake cannot lie."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from paho.mqtt.client import MQTTMessage

from fakes.broker import FakeBroker
from loa_server.broker import ASKED, KEPT, PahoBroker, client_context
from loa_server.link import Broker, Received, Ticket, UnsendableError
from parts.broker import Broker as Mosquitto
from parts.client import Client
from parts.pki import Certificates

UP = "loa/1/node/tq-01/up/journal"
ASK = "loa/1/node/tq-01/up/ask"
DOWN = "loa/1/node/tq-01/down/ack"
WAIT_S = 10.0


class World(Protocol):
    """A broker with somebody at its other end."""

    district: Broker

    def node_says(self, payload: bytes, topic: str = UP) -> None: ...
    def node_hears(self) -> tuple[str, bytes]: ...
    def late_node_hears(self) -> tuple[str, bytes]:
        """What a node that connects only now is given."""

    def reconnect(self) -> None: ...
    def close(self) -> None: ...


class FakeWorld:
    def __init__(self) -> None:
        self.fake = FakeBroker()
        self.district: Broker = self.fake
        self.fake.start()

    def node_says(self, payload: bytes, topic: str = UP) -> None:
        self.fake.says(topic, payload)

    def node_hears(self) -> tuple[str, bytes]:
        return self.fake.heard.pop(0)

    def late_node_hears(self) -> tuple[str, bytes]:
        return DOWN, self.fake.kept[DOWN]

    def reconnect(self) -> None:
        self.fake.restart()

    def close(self) -> None:
        self.fake.stop()


class RealWorld:
    def __init__(self, mosquitto: Mosquitto, pki: Certificates) -> None:
        self._mosquitto = mosquitto
        self._pki = pki
        self.district: Broker = self._connected()
        self._node = self._a_node()

    def node_says(self, payload: bytes, topic: str = UP) -> None:
        self._node.publish(topic, payload)

    def node_hears(self) -> tuple[str, bytes]:
        return self._node.heard()

    def late_node_hears(self) -> tuple[str, bytes]:
        with self._a_node() as late:
            return late.heard()

    def reconnect(self) -> None:
        self.district.stop()
        self.district = self._connected()

    def close(self) -> None:
        self._node.close()
        self.district.stop()

    def _a_node(self) -> Client:
        node = Client(self._mosquitto.port, self._pki.context(self._pki.node("tq-01")))
        node.subscribe(DOWN)
        return node

    def _connected(self) -> PahoBroker:
        files = self._pki.program("loa-engine")
        context = client_context(self._pki.cafile, files.cert, files.key)
        address = (self._mosquitto.host, self._mosquitto.port)
        district = PahoBroker(address, context, wake=lambda: None)
        district.start()
        until(lambda: district.session > 0)
        return district


@pytest.fixture(params=["fake", pytest.param("mosquitto", marks=pytest.mark.parts)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        made: World = FakeWorld()
    else:
        made = RealWorld(request.getfixturevalue("broker"), request.getfixturevalue("pki"))
    yield made
    made.close()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def received(world: World) -> Received:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if (found := world.district.receive(0.1)) is not None:
            return found
    raise AssertionError("it never came")


def answered(world: World) -> list[Ticket]:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if found := world.district.acknowledged():
            return found
        time.sleep(0.005)
    raise AssertionError("it never came")


def test_what_a_node_says_arrives_in_order(world: World) -> None:
    world.node_says(b"1")
    world.node_says(b"2")

    assert [received(world).payload for _ in range(2)] == [b"1", b"2"]
    assert world.district.receive(0.05) is None


def test_what_was_not_committed_comes_again_with_the_next_connection(world: World) -> None:
    world.node_says(b"1")
    received(world)

    world.reconnect()

    again = received(world)
    assert (again.topic, again.payload) == (UP, b"1")


def test_what_was_committed_does_not_come_again(world: World) -> None:
    world.node_says(b"1")
    world.node_says(b"2")
    first, _ = received(world), received(world)
    assert first.receipt is not None

    world.district.done([first.receipt])
    time.sleep(0.2)
    world.reconnect()

    assert received(world).payload == b"2"
    assert world.district.receive(0.05) is None


def test_a_question_comes_past_the_reports_and_with_them(world: World) -> None:
    world.node_says(b"a report")
    world.node_says(b"?", ASK)

    question = world.district.asked(WAIT_S)

    assert question is not None
    assert (question.topic, question.payload, question.receipt) == (ASK, b"?", None)
    assert [received(world).payload for _ in range(2)] == [b"a report", b"?"]
    assert world.district.asked(0.05) is None


def test_what_we_publish_is_heard_and_its_ticket_comes_back(world: World) -> None:
    ticket = world.district.publish(DOWN, b"ack", retain=False)

    assert world.node_hears() == (DOWN, b"ack")
    assert answered(world) == [ticket]
    assert world.district.acknowledged() == []


def test_what_is_retained_waits_for_those_who_come_later(world: World) -> None:
    world.district.publish(DOWN, b"kept", retain=True)
    assert world.node_hears() == (DOWN, b"kept")

    assert world.late_node_hears() == (DOWN, b"kept")


def test_without_a_connection_nothing_is_promised(world: World) -> None:
    world.district.stop()
    until(lambda: world.district.session == 0)

    assert world.district.publish(DOWN, b"x", retain=False) is None


@pytest.mark.parts
def test_of_more_questions_than_can_be_answered_the_newest_are_kept(
    broker: Mosquitto, pki: Certificates
) -> None:
    world = RealWorld(broker, pki)
    for n in range(ASKED + 10):
        world.node_says(str(n).encode(), ASK)
        receipt = received(world).receipt  # each has come, and was a sign of life
        assert receipt is not None
        world.district.done([receipt])

    kept = []
    while (question := world.district.asked(0)) is not None:
        kept.append(int(question.payload))

    assert kept == list(range(10, ASKED + 10))
    world.close()


def test_a_flood_without_receipts_fills_no_memory_and_a_report_comes_through(
    pki: Certificates,
) -> None:
    files = pki.program("loa-engine")
    context = client_context(pki.cafile, files.cert, files.key)
    district = PahoBroker(("127.0.0.1", 1), context, wake=lambda: None)
    for n in range(KEPT + 1000):
        district._on_message(1, _said(n, qos=0))  # as its own thread does
    district._on_message(1, _said(7, qos=1))

    heard = []
    while (said := district.receive(0)) is not None:
        heard.append(said)

    assert len(heard) == KEPT + 1
    assert heard[-1].receipt is not None


def _said(number: int, qos: int) -> MQTTMessage:
    message = MQTTMessage(mid=number, topic=UP.encode())
    message.payload, message.qos = b"x", qos
    return message


@pytest.mark.parts
def test_a_broker_that_was_killed_is_found_again_with_a_higher_session(
    broker: Mosquitto, pki: Certificates
) -> None:
    world = RealWorld(broker, pki)
    before = world.district.session

    broker.kill()
    until(lambda: world.district.session == 0)
    broker.start()
    until(lambda: world.district.session > before)

    until(lambda: world.district.publish(DOWN, b"back", retain=False))
    world.close()


@pytest.mark.parts
def test_a_receipt_of_an_earlier_session_forgets_nothing_of_this_one(
    broker: Mosquitto, pki: Certificates
) -> None:
    world = RealWorld(broker, pki)
    world.node_says(b"1")
    old = received(world).receipt
    assert old is not None
    broker.kill()
    (broker.folder / "mosquitto.db").unlink(missing_ok=True)
    until(lambda: world.district.session == 0)
    broker.start()
    until(lambda: world.district.session > 0)
    late = Client(broker.port, pki.context(pki.node("tq-02")))
    late.publish("loa/1/node/tq-02/up/journal", b"other")  # it has the number of the old one
    assert received(world).payload == b"other"

    world.district.done([old])
    time.sleep(0.2)
    world.reconnect()

    assert received(world).payload == b"other"
    late.close()
    world.close()


@pytest.mark.parametrize(
    ("topic", "size"), [(DOWN, 64 * 1024), ("loa/1/#", 2), ("loa/1/node/+/down/ack", 2), ("", 2)]
)
def test_what_no_broker_takes_is_refused_and_the_connection_stays(
    world: World, topic: str, size: int
) -> None:
    session = world.district.session

    with pytest.raises(UnsendableError):
        world.district.publish(topic, b"x" * size, retain=False)

    world.district.publish(DOWN, b"after", retain=False)
    assert world.node_hears() == (DOWN, b"after")
    assert world.district.session == session


def test_the_largest_packet_arrives(world: World) -> None:
    body = b"x" * (64 * 1024 - len(DOWN) - 9)

    world.district.publish(DOWN, body, retain=False)

    assert world.node_hears() == (DOWN, body)
