"""The power goes, a hundred times, while a node downloads, shelves, plays and renews its papers.

A real node's parts write to ext4 in a file (`parts/card.py`); copying that file in the middle of a
write leaves what a cut leaves: nothing of what the kernel had not yet written. What the node had
told anybody by then must be there at the next start, and nothing is said a second time.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from fakes.wire import NODE
from loa_node.adapters.papers import Papers
from loa_server import pki
from loa_wire.up import Fact
from parts.busy_hamlet import Hamlet, sound
from parts.card import Card, usable
from parts.https import HttpsServer
from parts.pki import Certificates

pytestmark = [pytest.mark.parts, pytest.mark.skipif(bool(usable()), reason=usable())]
CUTS = 110  # at least, and until each kind of write was cut in its middle
MOST_CUTS = 400
SOUNDS = 900


@dataclass
class Known:
    """What somebody else knew of the node when the power went."""

    fetched: set[str] = field(default_factory=set)
    shelved: dict[str, int] = field(default_factory=dict)
    played: list[str] = field(default_factory=list)
    written: int = 0
    assigned: int = 0
    serials: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, log: Path) -> Known:
        known = cls()
        for line in log.read_text().splitlines():
            what, *rest = line.split()
            match what:
                case "fetched":
                    known.fetched.add(rest[0])
                case "shelved":
                    known.shelved[rest[0]] = int(rest[1])
                case "played":
                    known.played.append(rest[0])
                case "written":
                    known.written = int(rest[0])
                case "assigned":
                    known.assigned = int(rest[0])
                case "renewed":
                    known.serials.append(int(rest[1]))
        return known

    def voices(self) -> set[str]:
        return {play.rpartition(":")[0] for play in self.played if play.endswith(":vi")}


class Life:
    """The busy hamlet as a process, and the power switch."""

    def __init__(self, folder: Path, pki_: Certificates) -> None:
        files = pki_.server()
        self.server = HttpsServer(files.cert, files.key)
        for n in range(1, SOUNDS):
            self.server.put_media(sound(n))
        self.card, self.log = Card(folder / "in-use"), folder / "told"
        self.log.touch()
        authority = folder / "authority"
        authority.mkdir()
        (authority / "ca.crt").write_bytes(pki_.authority.cert)
        (authority / "ca.key").write_bytes(pki_.authority.key)
        _first_papers(self.card.path / "identity", pki_)
        words = (self.card.path, self.log, self.server.base, pki_.cafile, authority)
        command = [sys.executable, "-m", "parts.busy_hamlet", *map(str, words)]
        tests = Path(__file__).parents[1]
        around = os.environ | {"PYTHONPATH": f"{tests}:{tests.parent}"}
        self._said = (folder / "busy.err").open("wb")
        self.process = subprocess.Popen(command, env=around, cwd=tests, stderr=self._said)

    def cut(self, folder: Path) -> tuple[Known, Card]:
        """What was known at that moment is read before the card is taken."""
        assert self.process.poll() is None, Path(self._said.name).read_text()
        self.process.send_signal(signal.SIGSTOP)
        known = Known.read(self.log)
        card = self.card.cut(folder)
        self.process.send_signal(signal.SIGCONT)
        return known, card

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._said.close()
        self.server.close()
        self.card.take_out()


def _first_papers(folder: Path, pki_: Certificates) -> None:
    folder.mkdir()
    key = pki.make_node_key()
    public = pki.public_key_of(key)
    cert = pki.issue_node_cert(pki_.authority, NODE, public, datetime.now(UTC))
    (folder / "ca").write_bytes(pki_.authority.cert)
    (folder / "cert").write_bytes(cert)
    (folder / "key").write_bytes(key)
    (folder / "key").chmod(0o600)
    (folder / "server").write_text("{}")
    os.sync()  # the factory's work, not the node's


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, pki: Certificates) -> Iterator[Life]:
    made = Life(tmp_path_factory.mktemp("life"), pki)
    yield made
    made.end()


def facts_of(hamlet: Hamlet) -> list[Fact]:
    return [msgspec.json.decode(e.data, type=Fact) for e in hamlet.journal.after(0, 100_000)]


def test_nothing_that_was_told_is_lost_and_nothing_is_said_twice(
    life: Life, tmp_path: Path
) -> None:
    chance = random.Random(20261123)
    seen = {"part": 0, "begun": 0, "next key": 0}
    while not Known.read(life.log).voices():
        time.sleep(0.05)

    for n in range(MOST_CUTS):
        if n >= CUTS and all(seen.values()):
            break
        time.sleep(chance.uniform(0, 0.12))
        known, card = life.cut(tmp_path / f"cut-{n}")
        try:
            seen["part"] += any((card.path / "media").glob("*.part"))
            seen["next key"] += (card.path / "identity" / "key.new").exists()
            seen["begun"] += a_start(card.path, known)
        finally:
            card.take_out()

    assert len(Known.read(life.log).voices()) > 20
    assert all(seen.values()), seen


def a_start(card: Path, known: Known) -> bool:
    """Starts the node on what is left; whether a play had been broken off."""
    hamlet = Hamlet(card, boot="b2")
    try:
        nothing_is_lost(hamlet, known)
        papers_fit(card, known)
        broken = [f for f in facts_of(hamlet) if f.reason == "power"]
        hamlet.work(turns=200)
        nothing_is_said_twice(hamlet, known)
    finally:
        hamlet.close()
    return bool(broken)


def nothing_is_lost(hamlet: Hamlet, known: Known) -> None:
    assert [file.lost for file in hamlet.files] == ["", ""]
    assert hamlet.journal.last >= known.written
    assert [fact.seq for fact in facts_of(hamlet)] == list(range(1, hamlet.journal.last + 1))
    held = {bulletin: hamlet.shelf.revision_of(bulletin) for bulletin in known.shelved}
    assert held == known.shelved
    assert (hamlet.shelf.version_of("assignment") or 0) >= known.assigned
    media = hamlet.card / "media"
    for file in media.iterdir():
        if re.fullmatch("[0-9a-f]{64}", file.name):
            assert hashlib.sha256(file.read_bytes()).hexdigest() == file.name
    shelved = {m.sha256 for o in hamlet.shelf.bulletins() for m in o.bulletin.media()}
    assert all(hamlet.media.holds(one) for one in shelved & known.fetched)


def papers_fit(card: Path, known: Known) -> None:
    papers = Papers(card / "identity")
    papers.settle()
    assert papers.complete()
    cert = x509.load_pem_x509_certificate((card / "identity" / "cert").read_bytes())
    # the last one that was told, or one that was under way; never an older one
    assert cert.serial_number not in known.serials[:-1]


def nothing_is_said_twice(hamlet: Hamlet, known: Known) -> None:
    said = hamlet.player.voices()
    assert len(said) == len(set(said))
    assert set(said).isdisjoint(known.voices())
    ends = [f.occurrence for f in facts_of(hamlet) if f.fact == "ended"]
    assert len(ends) == len(set(ends))
    due = {f"{one.bulletin.id}/0" for one in hamlet.shelf.bulletins()}
    ready = {
        f"{one.bulletin.id}/0"
        for one in hamlet.shelf.bulletins()
        if all(hamlet.media.holds(m.sha256) for m in one.bulletin.media())
    }
    assert ready <= set(ends)
    assert due & known.voices() <= set(ends)
