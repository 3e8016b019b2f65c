"""What our Mosquitto configuration lets through, asked of a real Mosquitto (SECURITY §3)."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from loa_wire import topics
from parts.broker import Broker
from parts.client import Client
from parts.pki import Certificates

pytestmark = pytest.mark.parts


def as_node(broker: Broker, node: str, client_id: str = "") -> Client:
    context = broker.pki.context(broker.pki.node(node))
    return Client(broker.port, context, client_id)


def as_engine(broker: Broker) -> Client:
    return Client(broker.port, broker.pki.context(broker.pki.program("loa-engine")))


def test_what_the_engine_says_reaches_the_node_it_is_for(broker: Broker) -> None:
    down = [
        topics.area("a1", "manifest"),
        topics.unit_authority("u1"),
        topics.root(),
        topics.down("tq-01", "ack"),
    ]
    with as_node(broker, "tq-01") as node, as_engine(broker) as engine:
        node.subscribe(*topics.node_subscriptions("tq-01", "u1", ["a1"]))
        for topic in down:
            engine.publish(topic)

        assert [node.heard()[0] for _ in down] == down


def test_what_a_node_says_of_itself_reaches_the_engine(broker: Broker) -> None:
    with as_engine(broker) as engine, as_node(broker, "tq-01") as node:
        engine.subscribe(topics.INGEST_SUBSCRIPTION)
        node.publish(topics.up("tq-01", "journal"), b"fact")

        assert engine.heard() == (topics.up("tq-01", "journal"), b"fact")


@pytest.mark.parametrize(
    "topic",
    [
        topics.up("tq-02", "journal"),
        topics.down("tq-01", "command"),
        topics.down("tq-02", "command"),
        topics.area("a1", "bulletin"),
        topics.unit_authority("u1"),
        topics.root(),
    ],
)
def test_a_node_cannot_speak_as_another_or_as_the_district(broker: Broker, topic: str) -> None:
    with as_engine(broker) as engine, as_node(broker, "tq-02") as other:
        engine.subscribe(topics.INGEST_SUBSCRIPTION)
        other.subscribe(*topics.node_subscriptions("tq-02", "u1", ["a1"]))
        with as_node(broker, "tq-01") as insider:
            insider.publish(topic, b"forged")
            insider.publish(topics.up("tq-01", "status"), b"honest")

        # Delivery keeps order: had the forged one passed, it would come first.
        assert engine.heard()[1] == b"honest"
        engine.publish(topics.down("tq-02", "ack"), b"true")
        assert other.heard()[1] == b"true"


def test_a_node_hears_its_own_word_and_cannot_put_one_into_anothers_branch(broker: Broker) -> None:
    with as_node(broker, "tq-01") as node, as_node(broker, "tq-02") as other:
        node.subscribe(topics.down("tq-01", "+"))
        other.publish(topics.echo("tq-01"), b"forged")
        node.publish(topics.echo("tq-01"), b"own")

        assert node.heard() == (topics.echo("tq-01"), b"own")


def test_a_node_cannot_listen_to_another(broker: Broker) -> None:
    with as_node(broker, "tq-01") as curious, as_engine(broker) as engine:
        curious.subscribe(topics.down("tq-02", "+"), topics.down("tq-01", "+"))
        curious.subscribe("loa/1/node/+/up/+", "$SYS/#", "#")
        engine.publish(topics.down("tq-02", "settings"), b"secret")
        engine.publish(topics.down("tq-01", "settings"), b"own")

        assert curious.heard()[1] == b"own"


def test_one_node_cannot_take_over_the_session_of_another_by_its_client_id(broker: Broker) -> None:
    with as_node(broker, "tq-01") as victim:
        victim.subscribe(topics.down("tq-01", "+"))
        with as_node(broker, "tq-02", client_id="tq-01"), as_engine(broker) as engine:
            engine.publish(topics.down("tq-01", "ack"), b"still here")

            assert victim.heard()[1] == b"still here"
            assert victim.lost.empty()


def test_nobody_enters_without_a_certificate(broker: Broker) -> None:
    context = ssl.create_default_context(cafile=str(broker.pki.cafile))
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # there the refusal comes in the handshake

    with pytest.raises(ssl.SSLError):
        Client(broker.port, context)


def test_nobody_enters_with_a_certificate_of_another_ca(broker: Broker, tmp_path: Path) -> None:
    stranger = Certificates(tmp_path)
    context = ssl.create_default_context(cafile=str(broker.pki.cafile))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    files = stranger.node("tq-01")
    context.load_cert_chain(files.cert, files.key)

    with pytest.raises(ssl.SSLError):
        Client(broker.port, context)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(broker: Broker) -> None:
    context = broker.pki.context(broker.pki.node("tq-01"))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else our own side would refuse first
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError, match="protocol version"):
        Client(broker.port, context)


def test_a_packet_over_64_kib_ends_the_connection_and_reaches_nobody(broker: Broker) -> None:
    with as_engine(broker) as engine, as_node(broker, "tq-01") as node:
        engine.subscribe(topics.INGEST_SUBSCRIPTION)
        node.throw(topics.up("tq-01", "health"), b"x" * 65536)
        node.lost.get(timeout=10)

        with as_node(broker, "tq-02") as other:
            other.publish(topics.up("tq-02", "health"), b"small")
        assert engine.heard()[0] == topics.up("tq-02", "health")


def test_retained_state_survives_an_orderly_restart(broker: Broker) -> None:
    with as_engine(broker) as engine:
        engine.publish(topics.area("a1", "manifest"), b"kept", retain=True)
    broker.stop()
    broker.start()

    with as_node(broker, "tq-01") as node:
        node.subscribe(topics.area("a1", "+"))
        assert node.heard() == (topics.area("a1", "manifest"), b"kept")
