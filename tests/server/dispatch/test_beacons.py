"""Signed time: from the real tables, through the real signer's rules, to who asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakes.people import SOME_DAY, a_commune, a_node
from fakes.signer import NOW, NearSigner, a_key, the_keys
from loa_server.areas.models import Area
from loa_server.audit.book import head, record
from loa_server.dispatch.beacons import BURST, LONGEST, Answered, Beacons, Declined
from loa_server.dispatch.models import Manifest, Retained
from loa_server.dispatch.publish import pointer_post, sha256
from loa_server.fleet.models import Node
from loa_wire import dsse, topics
from loa_wire.down import Beacon
from loa_wire.limits import DOWN_ENVELOPE
from loa_wire.parse import decode
from loa_wire.up import Ask

pytestmark = pytest.mark.usefixtures("database")

NONCE = "0123456789abcdef" * 2
ROOT, REGISTER = b"root as signed", b"register as signed"


def a_district() -> Node:
    """A node in a hamlet, and the two documents that every beacon names."""
    commune = a_commune()
    posts = (
        pointer_post(topics.root(), 1, ROOT),
        pointer_post(topics.unit_authority("don-vi"), 7, REGISTER),
    )
    for post in posts:
        Retained.objects.create(topic=post.topic, payload=post.payload)
    for area, version in ((commune, 4), (Area.objects.get(pk="vn-25351-01"), 2)):
        Manifest.objects.create(area=area, version=version)
    Manifest.objects.create(area_id="vn-25351-02", version=9)
    return a_node(Area.objects.get(pk="vn-25351-01"), "tq-01")


def beacons(now: int = NOW, signer_now: int = NOW) -> Beacons:
    keys = [a_key("ops", "vn-25351"), *the_keys()]
    return Beacons(NearSigner(keys, signer_now), lambda: now, monotonic=lambda: 0.0)


def ask(node: str = "tq-01", nonce: str = NONCE) -> bytes:
    return Ask(node=node, nonce=nonce).encode()


def opened(outcome: Answered | Declined) -> Beacon:
    assert isinstance(outcome, Answered), outcome
    return decode(dsse.open_envelope(outcome.envelope, DOWN_ENVELOPE).payload, Beacon)


def test_the_answer_is_the_time_now_with_the_nonce_and_what_the_district_has_published() -> None:
    a_district()
    record("sign_in", who="bientap", at=SOME_DAY)

    beacon = opened(beacons().answer(ask()))

    assert (beacon.node, beacon.nonce, beacon.time) == ("tq-01", NONCE, NOW)
    assert (beacon.root.version, beacon.root.sha256) == (1, sha256(ROOT))
    assert (beacon.authority.version, beacon.authority.sha256) == (7, sha256(REGISTER))
    assert beacon.manifests == {"vn-25351": 4, "vn-25351-01": 2}  # not the neighbour's
    assert beacon.audit_head == head() != ""


@pytest.mark.parametrize("off_ms", [-2001, 2001])
def test_the_signer_signs_no_other_time_than_its_own(off_ms: int) -> None:
    a_district()

    outcome = beacons(now=NOW + off_ms).answer(ask())

    assert isinstance(outcome, Declined)
    assert (outcome.why, outcome.detail.split(":")[0]) == ("signer", "clock")


def test_a_second_off_is_a_busy_machine_and_no_lie() -> None:
    a_district()

    assert opened(beacons(now=NOW - 1500).answer(ask())).time == NOW - 1500


@pytest.mark.parametrize("status", [Node.Status.PENDING, Node.Status.REVOKED])
def test_a_node_that_is_not_active_is_told_nothing(status: str) -> None:
    a_district()
    Node.objects.update(status=status)

    assert _why(beacons().answer(ask())) == "unknown"


def test_the_signer_itself_signs_no_time_for_a_node_that_is_not_active() -> None:
    node = a_district()
    beacon = opened(beacons().answer(ask()))
    Node.objects.update(status=Node.Status.REVOKED)
    signer = NearSigner(the_keys(), NOW)

    with pytest.raises(Exception, match="no such active node"):
        signer.document("beacon", beacon.encode())
    assert node.id == beacon.node


def test_a_name_nobody_enrolled_is_told_nothing() -> None:
    a_district()

    assert _why(beacons().answer(ask("tq-99"))) == "unknown"


def test_a_node_cannot_ask_in_the_name_of_another() -> None:
    a_district()

    assert _why(beacons().answer(ask(), speaker="tq-02")) == "unknown"
    assert opened(beacons().answer(ask(), speaker="tq-01")).node == "tq-01"


@pytest.mark.parametrize(
    "question",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[" * 1000,
        b'{"typ":"ask","v":1,"node":"tq-01","nonce":"short"}',
        b'{"typ":"ask","v":99,"node":"tq-01","nonce":"' + NONCE.encode() + b'"}',
        ask() + b" " * LONGEST,
        json.dumps({"typ": "beacon", "v": 1, "node": "tq-01", "nonce": NONCE}).encode(),
    ],
)
def test_what_is_no_question_is_said_to_be_none(question: bytes) -> None:
    a_district()

    assert _why(beacons().answer(question)) == "unreadable"


def test_a_node_that_asks_without_end_waits_and_the_others_do_not() -> None:
    a_district()
    a_node(Area.objects.get(pk="vn-25351-02"), "tq-02")
    asked = beacons()

    outcomes = [asked.answer(ask()) for _ in range(int(BURST) + 1)]

    assert [isinstance(o, Answered) for o in outcomes] == [True] * int(BURST) + [False]
    assert _why(outcomes[-1]) == "rate"
    assert isinstance(asked.answer(ask("tq-02")), Answered)


def test_a_stranger_who_asks_in_a_nodes_name_uses_up_nothing_of_the_nodes() -> None:
    a_district()
    asked = beacons()

    strangers = [asked.answer(ask(), address="203.0.113.9") for _ in range(int(BURST) + 1)]

    assert _why(strangers[-1]) == "rate"
    assert isinstance(asked.answer(ask(), address="10.0.0.1"), Answered)
    assert isinstance(asked.answer(ask(), speaker="tq-01"), Answered)


def test_a_district_without_a_register_proves_no_time() -> None:
    a_district()
    Retained.objects.filter(topic=topics.root()).delete()

    outcome = beacons().answer(ask())

    assert isinstance(outcome, Declined)
    assert outcome.detail.startswith("no_register")


def _why(outcome: Any) -> str:
    assert isinstance(outcome, Declined), outcome
    return outcome.why
