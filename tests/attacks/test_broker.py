"""A node in the wrong hands, at a real Mosquitto with the product's own rules. In the other
direction the rule is taken out of the broker's files, in the test, and the attack works."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loa_wire import topics
from parts.broker import Broker
from parts.client import Client

pytestmark = pytest.mark.parts
JOURNAL = topics.up("tq-02", "journal")
SETTINGS = topics.down("tq-02", "settings")
EVERYTHING = "pattern readwrite #\n"


def as_node(broker: Broker, node: str, client_id: str = "") -> Client:
    return Client(broker.port, broker.pki.context(broker.pki.node(node)), client_id)


def as_engine(broker: Broker) -> Client:
    return Client(broker.port, broker.pki.context(broker.pki.program("loa-engine")))


def publishes_as_another(broker: Broker) -> bool:
    """tq-01 writes into tq-02's journal; what the district then hears first."""
    with as_engine(broker) as engine, as_node(broker, "tq-01") as thief:
        engine.subscribe(topics.INGEST_SUBSCRIPTION)
        thief.publish(JOURNAL, b"forged")
        thief.publish(topics.up("tq-01", "status"), b"own")
        return engine.heard() == (JOURNAL, b"forged")


def reads_anothers(broker: Broker) -> bool:
    with as_node(broker, "tq-01") as thief, as_engine(broker) as engine:
        thief.subscribe(SETTINGS, topics.down("tq-01", "settings"))
        engine.publish(SETTINGS, b"theirs")
        engine.publish(topics.down("tq-01", "settings"), b"own")
        return thief.heard() == (SETTINGS, b"theirs")


def speaks_as_the_district(broker: Broker) -> bool:
    """Also when it passes, a node asks for the signature; but nobody should have to."""
    order = topics.area("ap-3", "bulletin")
    with as_node(broker, "tq-02") as victim, as_node(broker, "tq-01") as thief:
        victim.subscribe(topics.area("ap-3", "+"), topics.down("tq-02", "+"))
        thief.publish(order, b"forged")
        with as_engine(broker) as engine:
            engine.publish(topics.down("tq-02", "ack"), b"true")
        return victim.heard() == (order, b"forged")


@pytest.mark.parametrize("attack", [publishes_as_another, reads_anothers, speaks_as_the_district])
def test_a_node_does_what_only_another_may(
    broker: Broker, attack: Callable[[Broker], bool]
) -> None:
    assert not attack(broker)

    changed(broker, "acl", lambda _: EVERYTHING)

    assert attack(broker)


def test_two_certificates_claim_one_session(broker: Broker) -> None:
    """By naming the other's client id, a thief would throw the victim out, and hear for them."""
    assert not takes_the_session(broker)

    changed(
        broker,
        "mosquitto.conf",
        lambda conf: conf.replace("use_username_as_clientid true", ""),
    )

    assert takes_the_session(broker)


def takes_the_session(broker: Broker) -> bool:
    with as_node(broker, "tq-01", "tq-01") as victim:
        victim.subscribe(topics.down("tq-01", "+"))
        with as_node(broker, "tq-02", client_id="tq-01"), as_engine(broker) as engine:
            engine.publish(topics.down("tq-01", "ack"))
        return not victim.lost.empty()


def test_a_revoked_nodes_live_session_is_muted_both_ways_and_nobody_elses(broker: Broker) -> None:
    with as_node(broker, "tq-01") as thief, as_node(broker, "tq-02") as other:
        with as_engine(broker) as engine:
            engine.subscribe(topics.INGEST_SUBSCRIPTION)
            thief.subscribe(topics.area("ap-3", "+"))
            other.subscribe(topics.area("ap-3", "+"))
            thief.publish(topics.up("tq-01", "status"), b"before")
            assert engine.heard()[1] == b"before"

            reload(broker, lambda acl: f"{acl}\nuser tq-01\ntopic deny #\n")

            thief.publish(topics.up("tq-01", "status"), b"after")
            other.publish(topics.up("tq-02", "status"), b"still here")
            assert engine.heard()[1] == b"still here"
            engine.publish(topics.area("ap-3", "bulletin"), b"to all")
            assert other.heard()[1] == b"to all"
        assert other.lost.empty()
        assert thief._messages.empty()


def reload(broker: Broker, change: Callable[[str], str]) -> None:
    """SIGHUP, as revocation does it: no restart, no session ends."""
    acl = broker.folder / "acl"
    acl.write_text(change(acl.read_text()))
    broker.reload()
    with as_node(broker, "tq-09"):
        """A connection that came after the signal: it has been read."""


def changed(broker: Broker, name: str, change: Callable[[str], str]) -> None:
    broker.stop()
    file = broker.folder / name
    file.write_text(change(file.read_text()))
    broker.start()
