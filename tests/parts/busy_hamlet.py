"""A hamlet node that never rests, on a card: downloads, shelves, plays, renews its papers.

Run as a program it writes a line to a file elsewhere for everything that the district, or a
listener, could know by then: whatever stands there must still be true after a power cut.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from fakes.outlets import FakePlayerEnd, FakeScreenEnd
from fakes.wire import (
    DAY,
    NODE,
    NOW,
    UNIT,
    People,
    a_bulletin,
    a_media,
    an_assignment,
    some_settings,
    ulid,
)
from loa_node.adapters.media_folder import Folder
from loa_node.adapters.papers import Papers
from loa_node.adapters.requests_downloads import RequestsDownloads
from loa_node.adapters.sqlite_file import open_checked
from loa_node.adapters.sqlite_journal import SqliteJournal
from loa_node.adapters.sqlite_shelf import SqliteShelf
from loa_node.adapters.tls import client_context
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.fetch import Fetched, Want
from loa_node.inbox import Shelved
from loa_node.outlets import Outcome, Reference
from loa_node.stage import Sounds, Stage
from loa_node.standing import Standing
from loa_server import pki

SOUNDS = Sounds(*(Path(f"/sounds/{n}") for n in ("chime", "closing", "drill", "tone")))
KEPT = 12  # bulletins whose sound stays on the card


@dataclass
class Ears(FakePlayerEnd):
    """A player whose every play ends well; what it was ordered to say is told at once."""

    told: int = -1

    def play(
        self,
        play: str,
        path: Path,
        duration_ms: int,
        volume: int,
        lead_ms: int,
        reference: Reference | None = None,
    ) -> None:
        super().play(play, path, duration_ms, volume, lead_ms, reference)
        if self.told >= 0:
            os.write(self.told, f"played {play}\n".encode())
        self.coming.append(Outcome(play, "played", "device", "", duration_ms))

    def voices(self) -> list[str]:
        """Occurrences of which a voice was ordered, in order, as often as it was."""
        plays = [order[1].rpartition(":") for order in self.ordered if order[0] == "play"]
        return [occurrence for occurrence, _, what in plays if what == "vi"]


class Hamlet:
    """The real shelf, journal, media folder, stage and papers on whatever lies at `card`."""

    def __init__(self, card: Path, boot: str, told: int = -1) -> None:
        self.card, self.told = card, told
        self.files = [open_checked(card / f"{name}.sqlite") for name in ("shelf", "journal")]
        self.shelf = SqliteShelf(self.files[0].db)
        self.journal = SqliteJournal(self.files[1].db)
        self.media = Folder(card / "media")
        people = People()
        self.standing = Standing(NODE, UNIT, people.sealed_root(), self.shelf)
        self.standing.assignment = an_assignment()
        self.standing.settings = some_settings()
        self.people = people
        self.player = Ears(told=told)
        self.stage = Stage(
            self.standing,
            self.shelf,
            Diary(self.journal, {}),
            self.media,
            player=self.player,
            screen=FakeScreenEnd(),
            sounds=SOUNDS,
        )
        start = NOW + self.journal.last * 60_000
        self.clock = Clock("synced", start, NOW - DAY, mono_ms=1_000_000, boot=boot)
        self.stage.boot(self.clock)

    def tell(self, *words: object) -> None:
        os.write(self.told, (" ".join(map(str, words)) + "\n").encode())

    def shelve(self, n: int, sound: bytes) -> None:
        bulletin = a_bulletin(id=ulid(n), audio={"vi": a_media(sound)}, exp=NOW + 40 * DAY)
        envelope = self.people.sealed(bulletin, "publisher")
        sha256 = hashlib.sha256(envelope).hexdigest()
        self.shelf.keep(Shelved(bulletin, sha256, envelope), [])
        self.stage.look_again()

    def work(self, turns: int = 8, later_ms: int = 3000) -> None:
        for _ in range(turns):
            clock = self.clock
            mono, now = clock.mono_ms + later_ms, clock.now_ms + later_ms
            self.clock = replace(clock, mono_ms=mono, now_ms=now)
            self.stage.work(self.clock)

    def close(self) -> None:
        self.journal.close()
        self.shelf.close()


class Busy:
    """Everything that writes, one after the other, for as long as there is power."""

    def __init__(self, hamlet: Hamlet, base: str, ca: Path, authority: pki.Pair) -> None:
        self.hamlet, self.authority = hamlet, authority
        self.papers = Papers(hamlet.card / "identity")
        self._ended = threading.Event()
        context = client_context(ca, lambda: 0)
        folder = hamlet.card / "media"
        self.downloads = RequestsDownloads(base, folder, context, ca, self._ended.set, reserve=0)

    def one(self, n: int, sound: bytes) -> None:
        hamlet, digest = self.hamlet, hashlib.sha256(sound).hexdigest()
        self.fetch(Want("media", digest, f"/media/{digest}", len(sound)))
        hamlet.shelve(n, sound)
        hamlet.tell("shelved", ulid(n), 1)
        hamlet.work()
        hamlet.tell("written", hamlet.journal.last)
        hamlet.shelf.put("assignment", n, b"version %d" % n)
        hamlet.tell("assigned", n)
        if n % 5 == 0:
            self.renew(n)
        over = [ulid(k) for k in range(max(1, n - KEPT - 5), n - KEPT + 1)]
        hamlet.shelf.mark(over, "over")
        kept = hamlet.shelf.bulletins()
        hamlet.media.keep_only(frozenset(m.sha256 for o in kept for m in o.bulletin.media()))

    def fetch(self, want: Want) -> None:
        self._ended.clear()
        self.downloads.begin(want)
        self._ended.wait(20)
        (result,) = self.downloads.results()
        assert isinstance(result, Fetched), result
        self.hamlet.tell("fetched", want.name)

    def renew(self, n: int) -> None:
        """As the district would answer, beside the card."""
        asked = x509.load_pem_x509_csr(self.papers.next_csr().encode()).public_key()
        assert isinstance(asked, ec.EllipticCurvePublicKey)
        time.sleep(0.05)  # the way to the district and back: as long lies the next key on the card
        cert = pki.issue_node_cert(self.authority, NODE, asked, datetime.now(UTC))
        self.papers.renew(cert.decode(), NODE)
        serial = x509.load_pem_x509_certificate(cert).serial_number
        self.hamlet.tell("renewed", n, serial)


def sound(n: int) -> bytes:
    return random.Random(n).randbytes(20_000 + 1_000 * (n % 40))


def main(card: Path, log: Path, base: str, ca: Path, authority: Path) -> None:
    told = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    pair = pki.Pair((authority / "ca.crt").read_bytes(), (authority / "ca.key").read_bytes())
    busy = Busy(Hamlet(card, "b1", told), base, ca, pair)
    for n in range(1, 100_000):
        busy.one(n, sound(n))


if __name__ == "__main__":
    place, log, base, ca, authority = sys.argv[1:]
    main(Path(place), Path(log), base, Path(ca), Path(authority))
