"""A card is stolen with its certificate: it is shut out while it is connected, nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loa_server import pki
from loa_wire import topics
from parts.client import Client
from parts.installation import AREA, Installation
from parts.pki import Certificates
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]
TONE_HZ = 700
NEIGHBOUR = "node-neighbour"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    made.start()
    yield made
    made.close()


def a_neighbour(here: Installation, folder: Path) -> Client:
    """Another node's certificate, connected all the while."""
    folder.mkdir()
    authority = pki.Pair(
        (here.state / "pki" / "ca.crt").read_bytes(), (here.state / "keys" / "ca.key").read_bytes()
    )
    certificates = Certificates(folder, authority)
    context = certificates.context(certificates.node(NEIGHBOUR))
    return Client(here.ports["broker"], context)


def health_of(here: Installation) -> str:
    ((seen,),) = here.rows("SELECT seen_at FROM fleet_node WHERE id = ?", here.node_id)
    return str(seen)


def revoke(here: Installation, reason: str) -> None:
    staff = here.registrar
    page = staff.open(f"/fleet/{here.node_id}/revoke")
    assert staff.app is not None
    form = next(f for f in page.forms if {"reason", "code"} <= f.names)
    staff.send(page, form, {"reason": reason, "code": staff.app.code()})


def test_a_stolen_card_is_shut_out_while_it_is_connected_and_nobody_else_is(
    here: Installation, tmp_path: Path
) -> None:
    before = health_of(here)
    here.until("the node is heard of", lambda: health_of(here) != before)
    bulletin = here.write(a_tone(tmp_path / "tone.wav", TONE_HZ, seconds=2))
    pid = (tmp_path / "broker" / "mosquitto.pid").read_text()
    with a_neighbour(here, tmp_path / "neighbour") as neighbour:
        neighbour.subscribe(topics.area(AREA, "+"))

        revoke(here, "thẻ bị lấy mất")

        cut = "SELECT cut_at FROM fleet_node WHERE id = ? AND cut_at IS NOT NULL"
        here.until("the broker knows", lambda: bool(here.rows(cut, here.node_id)))
        kept = "SELECT count(*) FROM dispatch_retained WHERE topic LIKE ?"
        branch = f"loa/1/node/{here.node_id}/down/%"
        here.until("nothing is kept for it", lambda: here.rows(kept, branch) == [(0,)])
        last = health_of(here)
        here.approve(bulletin)

        what = {neighbour.heard()[0], neighbour.heard()[0]}
        assert what == {topics.area(AREA, "bulletin"), topics.area(AREA, "manifest")}
        assert neighbour.lost.empty()
    assert here.row(bulletin) is None  # nothing is expected of it any more
    assert health_of(here) == last
    assert "not connected" not in here.node.log("agent").partition("connected")[2]
    assert not here.node.wav.exists() or heard(here.node.wav).count(TONE_HZ) == 0
    assert (tmp_path / "broker" / "mosquitto.pid").read_text() == pid
    page = here.registrar.open(f"/fleet/{here.node_id}").text()
    assert "thẻ bị lấy mất" in page
