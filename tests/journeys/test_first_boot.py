"""A card without secrets becomes a node; a node's certificate is renewed. Real parts:
agent, player, screen, broker, HTTPS. Only the district's decisions are made by the test."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fakes.registry import Registry
from fakes.wire import NODE, UNIT, an_assignment, some_settings
from loa_node.adapters import identity
from loa_node.adapters.papers import Papers
from loa_wire.claim import code_of
from loa_wire.enrol import Renew
from parts.broker import Broker
from parts.district import District
from parts.node import Node
from parts.pki import Certificates
from parts.registrar import registry_at

pytestmark = [pytest.mark.parts, pytest.mark.journey]
PATIENCE_S = 30.0
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
STEADY = {"DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.fixture
def district(broker: Broker, pki: Certificates) -> Iterator[District]:
    made = District(broker, pki, time.time_ns() // 1_000_000)
    yield made
    made.close()


@pytest.fixture
def registry(district: District, broker: Broker, pki: Certificates) -> Registry:
    made = registry_at(district.https, pki)
    made.broker, made.unit = f"{broker.host}:{broker.port}", UNIT
    return made


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path / "node")
    yield made
    made.close()


def a_new_card(node: Node, district: District) -> None:
    """What an image brings: nothing of it is secret."""
    district.identity(node.identity)
    for name in ("key", "cert"):
        (node.identity / name).unlink()
    (node.identity / "server").write_text(json.dumps({"https": district.https.base}))


def until(so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if so():
            return
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


def traces(key: bytes) -> list[bytes]:
    """A private key as anyone might have let it out."""
    private = load_pem_private_key(key, password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    number = private.private_numbers().private_value.to_bytes(32, "big")
    lines = [line for line in key.splitlines() if not line.startswith(b"-----")]
    encoded = base64.b64encode(number)[4:-4]
    return [number, number.hex().encode(), number.hex().upper().encode(), encoded, *lines[:1]]


def test_a_fresh_card_becomes_active_without_a_restart_and_its_key_stays_with_it(
    district: District, registry: Registry, node: Node
) -> None:
    a_new_card(node, district)
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    node.start("player", "screen", "agent")
    until(lambda: bool(registry.records), "the card asks")
    pid = node.pid("agent")
    registry.approve(code_of(Papers(node.identity).spki()), NODE)
    district.wait_for("config_applied", count=3)

    assert node.pid("agent") == pid
    assert (node.identity / "key").stat().st_mode & 0o777 == 0o600
    key = (node.identity / "key").read_bytes()
    others = [p for p in node.folder.rglob("*") if p.is_file() and p.name != "key"]
    said = [asked.body + asked.path.encode() for asked in registry.asked]
    kept = [msgspec.json.encode(fact) for fact in district.facts]
    told = [*said, *kept, *(path.read_bytes() for path in others)]
    assert len(told) > 10
    assert not any(trace in piece for trace in traces(key) for piece in told)


def test_killed_again_and_again_it_keeps_its_code_and_becomes_a_node(
    district: District, registry: Registry, node: Node
) -> None:
    a_new_card(node, district)
    codes = set()
    for moment_s in (0.35, 0.45, 0.55, 0.7, 1.2):
        node.start("agent")
        time.sleep(moment_s)
        node.kill("agent")
        if (node.identity / "key").exists():
            codes.add(code_of(Papers(node.identity).spki()))
    node.start("agent")
    until(lambda: bool(registry.records), "the card asks")
    codes.add(code_of(Papers(node.identity).spki()))
    node.kill("agent")
    registry.approve(next(iter(codes)), NODE)
    for moment_s in (0.4, 0.5, 0.6):
        node.start("agent")
        time.sleep(moment_s)
        node.kill("agent")
    node.start("agent")
    until(lambda: any(status.online for status in district.statuses), "it is on the broker")

    assert len(codes) == 1
    assert len(registry.records) == 1
    assert identity.read(node.identity).node == NODE


def test_a_clock_that_is_months_behind_keeps_no_card_out(
    district: District, registry: Registry, node: Node
) -> None:
    a_new_card(node, district)
    node.start("agent", LD_PRELOAD=FAKETIME, FAKETIME="-90d", **STEADY)
    until(lambda: bool(registry.records), "the card asks")
    registry.approve(code_of(Papers(node.identity).spki()), NODE)

    until(lambda: any(status.online for status in district.statuses), "it is on the broker")


def test_a_district_that_is_not_there_yet_is_waited_for(
    district: District, registry: Registry, node: Node
) -> None:
    a_new_card(node, district)
    district.https.faults.status = [503] * 3
    answer, district.https.desk = district.https.desk, lambda _path, _body: (503, b"not now\n")
    node.start("screen", "agent")
    until(lambda: "status_503" in node.log("agent"), "it says why it waits")
    district.https.desk = answer

    until(lambda: bool(registry.records), "the card asks again")
    assert node.log("agent").count("Traceback") == 0


def test_a_node_that_slept_past_its_certificate_renews_it_and_comes_back(
    district: District, registry: Registry, node: Node
) -> None:
    district.identity(node.identity)
    district.register()
    old = (node.identity / "key").read_bytes()
    public = x509.load_pem_x509_certificate((node.identity / "cert").read_bytes()).public_key()
    slept = datetime.now(UTC) - timedelta(days=400)
    (node.identity / "cert").write_text(registry.certificate(public, NODE, begins=slept))

    node.start("agent")
    district.wait_for("config_applied", count=2)

    said = [asked.body for asked in registry.asked if asked.path == "/renew"]
    asked = [msgspec.json.decode(body, type=Renew) for body in said]
    assert [one.node for one in asked] == [NODE]
    assert "certificate" in {fact.doc for fact in district.facts}
    assert (node.identity / "key").read_bytes() != old
    assert Papers(node.identity).complete()
    assert not list(node.identity.glob("*.new"))
    assert not any(trace in asked[0].proof.encode() for trace in traces(old))


def test_killed_while_it_renews_it_is_still_a_node(
    district: District, registry: Registry, node: Node
) -> None:
    district.identity(node.identity)
    district.register()
    public = x509.load_pem_x509_certificate((node.identity / "cert").read_bytes()).public_key()
    slept = datetime.now(UTC) - timedelta(days=400)
    (node.identity / "cert").write_text(registry.certificate(public, NODE, begins=slept))
    for moment_s in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        node.start("agent")
        time.sleep(moment_s)
        node.kill("agent")
        papers = Papers(node.identity)
        papers.settle()
        assert papers.complete()

    node.start("agent")

    district.wait_for("config_applied")
    until(lambda: any(status.online for status in district.statuses), "it is on the broker")
