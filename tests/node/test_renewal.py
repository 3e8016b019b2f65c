"""A certificate is renewed in time, and after its time, with a new key; no cut loses both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from fakes.journal import FakeJournal
from fakes.registry import BROKER, NODE, UNIT, FakeDesk, Registry
from loa_node import first_boot
from loa_node.adapters.papers import Papers
from loa_node.clock import Clock
from loa_node.config import NodeConfig
from loa_node.diary import Diary
from loa_node.enrol import Said
from loa_node.renewal import FIRST_RETRY_MS, LOOK_MS, SPREAD_MS, Renewal
from loa_wire.enrol import Enrolment, Renew
from loa_wire.up import Fact

DAY_MS = 86_400_000
BEGINS = datetime(2026, 6, 1, tzinfo=UTC)
BEGINS_MS = int(BEGINS.timestamp()) * 1000
DUE_MS = BEGINS_MS + 365 * DAY_MS * 2 // 3
ENDS_MS = BEGINS_MS + 365 * DAY_MS


class House:
    """A node with its papers, its diary, and a district that renews."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "identity"
        self.folder.mkdir()
        self.registry = Registry.made()
        (self.folder / "ca").write_bytes(self.registry.ca_pem)
        (self.folder / "root.json").write_bytes(b"{}")
        server = {"node": NODE, "unit": UNIT, "broker": BROKER, "https": "https://localhost"}
        (self.folder / "server").write_text(json.dumps(server))
        csr = x509.load_pem_x509_csr(Papers(self.folder).csr().encode())
        cert = self.registry.certificate(csr.public_key(), NODE, begins=BEGINS)
        (self.folder / "cert").write_text(cert)
        self.mono = 0
        self.journal = FakeJournal()
        self.reloaded = 0
        self.start()

    def start(self) -> None:
        self.desk = FakeDesk(self.registry)
        self.renewal = Renewal(
            Papers(self.folder),
            self.desk,
            Diary(self.journal, {}),
            node=NODE,
            serial="board-1",
            renewed=self._reload,
            chance=lambda: 0.5,
        )

    def _reload(self) -> None:
        self.reloaded += 1

    def look(self, wall: int, after_ms: int = LOOK_MS, *, floor: int = 0) -> bool:
        self.mono += after_ms
        state = "floor" if floor else "synced"
        return self.renewal.work(Clock(state, wall, floor, mono_ms=self.mono))  # type: ignore[arg-type]

    def renewed(self, wall: int, looks: int = 4) -> bool:
        return True in [self.look(wall, SPREAD_MS) for _ in range(looks)]

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def facts(self) -> list[Fact]:
        return self.journal.facts


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_before_two_thirds_of_its_life_nothing_is_asked(house: House) -> None:
    assert not house.renewed(DUE_MS - DAY_MS)
    assert house.registry.asked == []


def test_from_two_thirds_on_it_comes_with_a_new_key_vouched_for_by_the_old_one(
    house: House,
) -> None:
    before = house.files()

    assert house.renewed(DUE_MS)

    after = house.files()
    said = msgspec.json.decode(house.registry.asked[0].body, type=Renew)
    assert (said.node, said.serial, said.cert.encode()) == (NODE, "board-1", before["cert"])
    assert after["key"] != before["key"]
    assert after["cert"] != before["cert"]
    assert sorted(after) == sorted(before)
    assert Papers(house.folder).complete()
    assert house.reloaded == 1
    (fact,) = house.facts()
    assert (fact.fact, fact.doc) == ("config_applied", "certificate")


def test_it_is_asked_once_for_each_certificate(house: House) -> None:
    assert house.renewed(DUE_MS)
    assert not house.renewed(DUE_MS + DAY_MS)
    assert len(house.registry.asked) == 1


def test_an_expired_one_is_renewed_without_waiting(house: House) -> None:
    house.look(ENDS_MS + 90 * DAY_MS)

    assert house.look(ENDS_MS + 90 * DAY_MS, after_ms=1)


def test_a_clock_that_lags_behind_is_outvoted_by_the_floor(house: House) -> None:
    house.look(0, floor=ENDS_MS)

    assert house.look(0, after_ms=1, floor=ENDS_MS)


def test_without_a_line_it_waits_longer_each_time_and_tells_nothing(house: House) -> None:
    house.registry.down = "unreachable"
    house.look(ENDS_MS)
    for _ in range(5):
        house.look(ENDS_MS, after_ms=FIRST_RETRY_MS * 40)
    house.registry.down = ""

    assert house.facts() == []
    assert not house.look(ENDS_MS, after_ms=FIRST_RETRY_MS)
    assert house.renewed(ENDS_MS, looks=10)


def test_a_refusal_is_a_fact_once(house: House) -> None:
    house.registry.down = "status_403"
    house.renewed(DUE_MS, looks=20)

    (fact,) = house.facts()
    assert (fact.fact, fact.doc, fact.reason) == ("refused", "certificate", "renewal_refused")
    assert fact.detail == "status_403"


def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_new_key(house: House) -> None:
    house.registry.lose_next_answer = True
    house.look(ENDS_MS)
    house.look(ENDS_MS, after_ms=1)
    house.start()

    assert house.renewed(ENDS_MS)
    csrs = [msgspec.json.decode(a.body, type=Renew).csr for a in house.registry.asked]
    keys = [x509.load_pem_x509_csr(csr.encode()).public_key() for csr in csrs]
    assert len(keys) == 2
    assert keys[0] == keys[1]


@pytest.mark.parametrize("wrong", ["another_node", "another_key", "pending"])
def test_what_is_not_for_the_new_key_is_refused_and_the_old_papers_stay(
    house: House, wrong: str
) -> None:
    before = house.files()
    other = Registry.made().ca.public_key()
    cert = house.registry.certificate(other, NODE if wrong == "another_key" else "ap-4")
    state = "pending" if wrong == "pending" else "active"
    house.look(ENDS_MS)
    house.desk.answers()
    house.desk.say(Said(Enrolment(state=state, node=NODE, cert=cert)))  # type: ignore[arg-type]

    assert not house.look(ENDS_MS, after_ms=1)

    after = house.files()
    assert (after["key"], after["cert"]) == (before["key"], before["cert"])
    assert [fact.reason for fact in house.facts()] == ["wrong_papers"]


# a power cut


def key_made(old: Path, new: Path) -> None:
    shutil.copy(new / "key", old / "key.new")


def certificate_written(old: Path, new: Path) -> None:
    key_made(old, new)
    shutil.copy(new / "cert", old / "cert.new")


def key_in_its_place(old: Path, new: Path) -> None:
    certificate_written(old, new)
    (old / "key.new").rename(old / "key")


def certificate_half_written(old: Path, new: Path) -> None:
    key_made(old, new)
    (old / ".cert.new.tmp").write_bytes((new / "cert").read_bytes()[:200])


def certificate_without_a_key(old: Path, new: Path) -> None:
    shutil.copy(new / "cert", old / "cert.new")


@pytest.mark.parametrize(
    ("cut", "is_new"),
    [
        (key_made, False),
        (certificate_half_written, False),
        (certificate_without_a_key, False),
        (certificate_written, True),
        (key_in_its_place, True),
    ],
)
def test_whatever_a_cut_leaves_is_a_node_with_its_papers(
    house: House, tmp_path: Path, cut: Callable[[Path, Path], None], *, is_new: bool
) -> None:
    state = tmp_path / "cut"
    shutil.copytree(house.folder, state / "identity")
    old = house.files()["cert"]
    assert house.renewed(DUE_MS)
    cut(state / "identity", house.folder)

    assert first_boot.needed(NodeConfig(state_dir=state)) is None

    cert = (state / "identity" / "cert").read_bytes()
    assert (cert != old) is is_new
    assert Papers(state / "identity").complete()
    assert not (state / "identity" / "cert.new").exists()


def test_a_new_life_begins_with_the_new_certificate(house: House) -> None:
    house.registry.life = timedelta(days=700)
    assert house.renewed(DUE_MS)

    assert Papers(house.folder).life().ends > ENDS_MS
