"""What goes up, how often, and in which pieces."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from loa_node.facts import Entry, a_fact
from loa_node.report import (
    PUBLISH_AHEAD,
    RESEND_MS,
    Presence,
    Sent,
    after_ack,
    batches,
    status,
    to_send,
)
from loa_wire.limits import PACKET
from loa_wire.up import Fact, Journal, Status


def entries(count: int, detail: str = "") -> list[Entry]:
    made = (
        msgspec.structs.replace(a_fact("received", detail=detail), seq=n + 1) for n in range(count)
    )
    return [Entry(fact.seq, msgspec.json.encode(fact)) for fact in made]


def test_a_message_is_a_journal_the_district_can_read() -> None:
    (message,) = batches(entries(3), "tq-01", "e1")

    journal = msgspec.json.decode(message, type=Journal)
    assert (journal.node, journal.epoch) == ("tq-01", "e1")
    assert [fact.seq for fact in journal.facts] == [1, 2, 3]


@given(st.integers(0, 1300), st.integers(0, 900))
def test_no_message_is_larger_than_a_packet_and_no_fact_is_left_out(count: int, size: int) -> None:
    given_ = entries(count, "x" * size)

    made = batches(given_, "tq-01", "e1")

    assert all(len(message) <= PACKET for message in made)
    facts = [fact for message in made for fact in json.loads(message)["facts"]]
    assert [fact["seq"] for fact in facts] == [entry.seq for entry in given_]
    assert all(len(json.loads(message)["facts"]) <= 500 for message in made)


def test_facts_are_sent_byte_for_byte_as_stored() -> None:
    stored = Entry(1, b'{"seq":1,"written":"by an older version"}')

    assert stored.data in batches([stored], "tq-01", "e1")[0]


def test_after_a_connect_everything_not_acknowledged_is_sent() -> None:
    assert to_send(None, acked=3, last=9, mono=0) == 3
    assert to_send(None, acked=9, last=9, mono=0) is None


def test_new_facts_follow_at_once_and_old_ones_are_not_repeated_before_their_time() -> None:
    sent = Sent(upto=9, at=0)

    assert to_send(sent, acked=3, last=9, mono=RESEND_MS - 1) is None
    assert to_send(sent, acked=3, last=10, mono=1) == 9
    assert to_send(sent, acked=3, last=9, mono=RESEND_MS) == 3


def test_a_district_that_cannot_keep_up_is_not_flooded() -> None:
    sent = Sent(upto=PUBLISH_AHEAD, at=0)

    assert to_send(sent, acked=0, last=PUBLISH_AHEAD + 1, mono=1) is None


def test_an_ack_that_went_down_has_the_rest_sent_again() -> None:
    sent = after_ack(Sent(upto=9, at=0), acked=2, mono=5)
    assert sent is not None

    assert to_send(sent, acked=2, last=9, mono=5 + RESEND_MS) == 2


def test_an_ack_ends_the_waiting() -> None:
    sent = after_ack(Sent(upto=9, at=0), acked=9, mono=5)

    assert to_send(sent, acked=9, last=9, mono=10 * RESEND_MS) is None


def test_online_and_offline_say_the_same_of_the_node() -> None:
    presence = Presence("tq-01", 3, 7, "b1", "t1", "0.1.0")

    on, off = (
        msgspec.json.decode(status(presence, online=online), type=Status)
        for online in (True, False)
    )

    assert (on.online, off.online) == (True, False)
    assert msgspec.structs.replace(on, online=False) == off


def test_every_fact_has_a_small_shape() -> None:
    assert len(msgspec.json.encode(a_fact("received"))) < 100
    assert Fact.__struct_config__.frozen
