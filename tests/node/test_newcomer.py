"""A card without papers: what it asks, shows and says until it is a node, and what a cut leaves."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from fakes.outlets import FakePlayerEnd, FakeScreenEnd
from fakes.registry import BROKER, CONSOLE, NODE, UNIT, FakeDesk, Registry
from loa_node import enrol, first_boot
from loa_node.adapters import identity
from loa_node.adapters.papers import Papers
from loa_node.clock import Reading
from loa_node.config import NodeConfig
from loa_node.newcomer import Newcomer, Speech
from loa_node.outlets import Outcome, ScreenHello
from loa_wire.claim import ALPHABET, code_of, grouped
from loa_wire.enrol import Enrol
from loa_wire.localtime import at_local, to_local

MINUTE = 60_000
NOON = at_local(to_local(1_795_000_000_000).date(), "12:00")
SERVER = {"https": "https://loa.tanquan.example.vn:8444"}


class Village:
    """One card on a table, its district, and somebody who looks and listens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "state" / "identity"
        self.folder.mkdir(parents=True)
        self.registry = Registry.made()
        (self.folder / "ca").write_bytes(self.registry.ca_pem)
        (self.folder / "root.json").write_bytes(b"{}")
        (self.folder / "server").write_text(json.dumps(SERVER))
        self.mono = 1_000
        self.wall = NOON
        self.synced = True
        self.log: list[str] = []
        self.start()

    def start(self, token: str = "") -> None:
        """As after a power cut: only the folder and the district remember."""
        self.player, self.screen = FakePlayerEnd(), FakeScreenEnd()
        self.card = Newcomer(
            Papers(self.folder),
            FakeDesk(self.registry),
            self.screen,
            Speech(self.player, Path("/sounds")),
            log=self.log.append,
            token=token,
            serial="board-1",
            chance=lambda: 0.5,
        )

    def look(self, after_ms: int = 0) -> bool:
        self.mono += after_ms
        self.wall += after_ms
        reading = Reading(self.wall, self.mono, "boot-1", synced=self.synced, chip=False)
        return self.card.work(reading)

    def asked_once(self) -> None:
        self.look()
        self.look()

    @property
    def code(self) -> str:
        return code_of(Papers(self.folder).spki())

    @property
    def shown(self) -> dict[str, Any]:
        return self.screen.shown[-1]

    def said(self) -> list[str]:
        return [Path(play["path"]).stem for play in self.player.played]

    def let_it_sound(self) -> None:
        play = self.player.ordered[-1][1]
        self.player.coming.append(Outcome(play, "played", "device", "", 1_000))


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


def test_a_new_card_makes_its_key_and_tells_the_district_only_the_public_half(
    village: Village,
) -> None:
    village.start(token="batch-7")
    village.asked_once()

    key = village.folder / "key"
    (record,) = village.registry.records.values()
    said = record.asked
    assert isinstance(said, Enrol)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (said.serial, said.boot, said.token) == ("board-1", "boot-1", "batch-7")
    told = b"".join(asked.body for asked in village.registry.asked) + repr(village.log).encode()
    assert not any(line.encode() in told for line in key.read_text().splitlines()[1:-1])


def test_the_screen_shows_the_code_and_where_to_type_it(village: Village) -> None:
    village.asked_once()

    text = village.shown["text"]["vi"]
    assert village.shown["kind"] == "claim"
    assert text.startswith(grouped(village.code) + "\n")
    assert "loa.tanquan.example.vn/fleet/add" in text
    assert village.shown["qr"] == f"{CONSOLE}?claim={village.code}"


def test_without_a_line_it_says_so_shows_its_code_and_goes_on_trying(village: Village) -> None:
    village.registry.down = "unreachable"
    village.asked_once()
    assert "Chưa có mạng" in village.shown["text"]["vi"]
    assert village.said() == []

    village.registry.down = ""
    for _ in range(4):
        village.look(after_ms=2_000)

    assert "đang chờ cán bộ" in village.shown["text"]["vi"]


def test_another_district_with_this_ones_name_is_not_believed(village: Village) -> None:
    village.registry.down = "tls"
    village.asked_once()

    assert "không phải của nơi cấp thẻ này" in village.shown["text"]["vi"]


def test_taken_in_it_has_its_papers_and_is_done(village: Village) -> None:
    village.asked_once()
    village.registry.approve(village.code)

    assert not village.look(after_ms=10_000)
    assert village.look()

    me = identity.read(village.folder)
    assert (me.node, me.unit, me.https) == (NODE, UNIT, SERVER["https"])
    assert me.broker == ("localhost", int(BROKER.partition(":")[2]))
    assert Papers(village.folder).complete()
    assert first_boot.needed(NodeConfig(state_dir=village.folder.parent)) is None


def test_a_refused_card_says_it_in_words_and_takes_a_change_of_mind(village: Village) -> None:
    village.asked_once()
    village.registry.refuse(village.code)
    village.look(after_ms=10_000)
    village.look()
    assert village.shown["title"]["vi"] == "Thiết bị bị từ chối"
    assert "từ chối thiết bị này" in village.shown["text"]["vi"]
    assert village.shown["qr"] == ""
    village.registry.approve(village.code)

    village.look(after_ms=enrol.REFUSED_MS)

    assert village.look()


def test_a_district_that_has_forgotten_the_card_is_told_again(village: Village) -> None:
    village.asked_once()
    village.registry.records.clear()
    for _ in range(3):
        village.look(after_ms=10_000)

    assert list(village.registry.records) != []


@pytest.mark.parametrize("wrong", ["another_node", "another_key", "another_ca", "no_broker"])
def test_papers_that_are_not_this_cards_are_not_kept(village: Village, wrong: str) -> None:
    village.asked_once()
    village.registry.approve(village.code)
    record = village.registry.of_code(village.code)
    other = Registry.made()
    if wrong == "another_node":
        record.cert = village.registry.certificate(record.csr.public_key(), "ap-4")
    elif wrong == "another_key":
        record.cert = village.registry.certificate(other.ca.public_key(), NODE)
    elif wrong == "another_ca":
        record.cert = other.certificate(record.csr.public_key(), NODE)
    else:
        village.registry.broker = "no port"

    village.look(after_ms=10_000)

    assert not village.look()
    assert not (village.folder / "cert").exists()
    assert json.loads((village.folder / "server").read_text()) == SERVER
    assert "Giấy chứng nhận sai" in village.shown["text"]["vi"]


@pytest.mark.parametrize("left", [["key"], ["key", "cert"], ["key", ".cert.tmp"], [".key.tmp"]])
def test_cut_off_anywhere_it_goes_on_with_the_same_code(village: Village, left: list[str]) -> None:
    village.asked_once()
    code = village.code
    village.registry.approve(code)
    if "cert" in left:
        cert = village.registry.of_code(code).cert
        (village.folder / "cert").write_text(cert)
    for name in left:
        if name.startswith("."):
            (village.folder / name).write_bytes(b"half a fi")

    card = first_boot.needed(NodeConfig(state_dir=village.folder.parent))
    village.start()
    village.asked_once()

    assert card is not None
    assert village.code == code
    assert identity.read(village.folder).node == NODE


@pytest.mark.parametrize("spoilt", ["key", "cert"])
def test_a_node_whose_papers_are_spoilt_asks_to_be_taken_in_again(
    village: Village, spoilt: str
) -> None:
    village.asked_once()
    village.registry.approve(village.code)
    village.look(after_ms=10_000)
    assert village.look()
    config = NodeConfig(state_dir=village.folder.parent)
    assert first_boot.needed(config) is None

    (village.folder / spoilt).write_bytes(b"\0" * 300)

    assert first_boot.needed(config) == identity.card(village.folder)


def test_a_card_that_cannot_be_written_says_so(village: Village) -> None:
    (village.folder / ".key.tmp").mkdir()  # nothing can be placed there, even by root
    village.look()
    assert village.shown["title"]["vi"] == "Thẻ nhớ hỏng"

    (village.folder / ".key.tmp").rmdir()
    village.asked_once()

    assert village.shown["kind"] == "claim"


def test_a_screen_that_was_started_again_is_told_again(village: Village) -> None:
    village.asked_once()
    before = len(village.screen.shown)
    village.screen.coming.append(ScreenHello("dummy"))
    village.look()

    assert village.screen.shown[before:] == [village.shown]


# the voice


def test_it_says_its_code_symbol_by_symbol_and_then_rests(village: Village) -> None:
    village.asked_once()
    for _ in range(60):
        if village.player.ordered and village.player.ordered[-1][0] == "play":
            village.let_it_sound()
        village.look(after_ms=1_500)
        if len(village.said()) == 17:
            break
    spoken = ["claim-intro-vi", *(f"claim-{symbol.lower()}-vi" for symbol in village.code)]
    assert village.said() == spoken

    village.let_it_sound()
    village.look(after_ms=30_000)
    assert village.said() == spoken
    village.look(after_ms=45_000)
    assert village.said() == [*spoken, "claim-intro-vi"]


def test_it_does_not_say_a_code_that_the_district_does_not_know(village: Village) -> None:
    village.registry.down = "status_503"
    for _ in range(5):
        village.look(after_ms=3_000)

    assert village.said() == []


def test_nobody_is_woken(village: Village) -> None:
    village.wall = at_local(to_local(NOON).date(), "23:00")
    village.asked_once()
    assert village.said() == []

    village.synced = False  # who does not know the time cannot know that it is night
    village.look(after_ms=1_000)

    assert village.said() == ["claim-intro-vi"]


def test_after_half_an_hour_it_only_shows(village: Village) -> None:
    village.look()
    village.look(after_ms=enrol.ATTENDED_MS)
    village.look()

    assert village.said() == []
    assert village.shown["text"]["vi"].startswith(grouped(village.code))


def test_every_symbol_has_a_clip_that_ships() -> None:
    sounds = Path(__file__).resolve().parents[2] / "content" / "sounds"

    names = {clip.name for clip in enrol.spelled(ALPHABET)}

    assert all((sounds / f"{name}.opus").is_file() for name in names)
