"""From an image without secrets to a loudspeaker that speaks, through the console's own pages:
what a technician reads from the screen is what is typed, what staff decide is what happens."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from loa_node.adapters import identity
from loa_node.adapters.papers import Papers
from loa_server import pki
from loa_wire.claim import code_of
from parts.installation import AREA, Installation
from parts.node import Node
from parts.registrar import issuer
from parts.sound import a_tone, heard
from provisioning import demo
from provisioning.pages import Browser, Page

pytestmark = [pytest.mark.parts, pytest.mark.journey]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    made.start_broker()
    made.start_server()
    yield made
    made.close()


@pytest.fixture
def card(here: Installation, tmp_path: Path) -> Iterator[Node]:
    """A second board beside the demo's node, with what `loa-server card` wrote, nothing else."""
    made = Node(tmp_path / "second")
    made.write_settings(size="1280x720")
    here.card(made.identity)
    yield made
    made.close()


def read_by_a_phone(here: Installation, card: Node) -> str:
    """The address in the QR code that the screen shows."""

    def seen() -> str:
        command = ["zbarimg", "-q", "--raw", str(card.picture)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    here.until("the screen shows a QR code", lambda: bool(seen()), lambda: card.log("agent"))
    return seen()


def take_in(staff: Browser, address: str, name: str) -> Page:
    where = urlsplit(address)
    page = staff.open(f"{where.path}?{where.query}")
    assert staff.app is not None
    form = next(f for f in page.forms if {"claim", "area", "code"} <= f.names)
    typed = {"area": AREA, "name": name, "code": staff.app.code(), "do": "accept"}
    return staff.send(page, form, typed)


def let_it_run_out(here: Installation, card: Node, node: str) -> bytes:
    """As if the card had slept: the certificate of its key ended a month ago."""
    authority = pki.Pair(
        (here.state / "pki" / "ca.crt").read_bytes(), (here.state / "keys" / "ca.key").read_bytes()
    )
    key = (card.identity / "key").read_bytes()
    slept = datetime.now(UTC) - timedelta(days=400)
    old = issuer(authority).certificate(pki.public_key_of(key), node, begins=slept)
    (card.identity / "cert").write_text(old)
    return key


def wait_online(here: Installation, card: Node, node: str, connects: int) -> None:
    online = "SELECT online FROM fleet_node WHERE id = ? AND connects >= ?"

    def is_online() -> bool:
        return here.rows(online, node, connects) == [(1,)]

    here.until("it is on the broker", is_online, lambda: card.log("agent"))


def test_a_fresh_card_is_taken_in_by_its_qr_code_plays_a_bulletin_and_renews(
    here: Installation, card: Node, tmp_path: Path
) -> None:
    card.start("player", "screen", "agent")
    address = read_by_a_phone(here, card)
    assert code_of(Papers(card.identity).spki()) in address

    page = take_in(here.registrar, address, "Nhà văn hóa ấp mới")

    assert page.path.startswith("/fleet/")
    known = "SELECT id FROM fleet_node WHERE name = ? AND status = 'active'"
    ((node,),) = here.rows(known, "Nhà văn hóa ấp mới")
    wait_online(here, card, node, connects=1)
    assert identity.read(card.identity).node == node

    bulletin = here.publish(a_tone(tmp_path / "tone.wav", 1000, seconds=4))
    played = "SELECT state FROM dispatch_delivery WHERE bulletin_id = ? AND node_id = ?"
    here.until(
        "it was played",
        lambda: here.rows(played, bulletin, node) == [("played",)],
        lambda: card.log("agent"),
    )
    assert heard(card.wav).count(1000) in range(36, 45)

    card.end("agent")
    key = let_it_run_out(here, card, node)
    card.start("agent")
    renewed = "SELECT count(*) FROM fleet_enrolment WHERE node_id = ? AND renews_id IS NOT NULL"
    here.until(
        "it has a new key", lambda: here.rows(renewed, node) == [(1,)], lambda: card.log("agent")
    )
    wait_online(here, card, node, connects=2)
    assert (card.identity / "key").read_bytes() != key
    told = (
        "SELECT count(*) FROM ingest_storedfact WHERE node_id = ? AND fact = 'config_applied'"
        " AND CAST(raw AS TEXT) LIKE '%certificate%'"
    )
    here.until("it tells so", lambda: here.rows(told, node) == [(1,)])


def test_a_declined_card_says_so_and_stays_out(here: Installation, card: Node) -> None:
    card.start("screen", "agent")
    address = read_by_a_phone(here, card)
    where = urlsplit(address)
    staff = here.registrar
    page = staff.open(f"{where.path}?{where.query}")
    decline = next(f for f in page.forms if "do" in f.names and "area" not in f.names)
    staff.send(page, decline, {"do": "decline", "code": staff.app.code()})

    here.until("it says so in its log", lambda: "says refused" in card.log("agent"))
    assert not (card.identity / "cert").exists()
    assert here.rows("SELECT count(*) FROM fleet_node") == [(1,)]
    demo.expect(staff.open("/fleet/add"), "/fleet/add")
