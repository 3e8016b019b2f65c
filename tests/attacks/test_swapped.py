"""Whoever serves the files serves others. A file is what its hash says, on its way, on the card
and just before it plays."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.attacker import Attacker, Hamlet
from fakes.wire import People, a_bulletin, a_media
from loa_node.adapters.media_folder import Folder
from loa_node.adapters.requests_downloads import RequestsDownloads
from loa_node.adapters.tls import client_context
from loa_node.fetch import Failed, Fetched, Result, Want
from parts.https import HttpsServer
from parts.pki import Certificates

pytestmark = pytest.mark.parts
HONEST, FALSE = os.urandom(9_000), os.urandom(9_000)


class Road:
    """From a media server in the attacker's hands to the card. `fetch` waits for how it ended."""

    def __init__(self, pki: Certificates, folder: Path) -> None:
        files = pki.server()
        self.server = HttpsServer(files.cert, files.key)
        self.card = Folder(folder)
        self.folder = folder
        self.pki = pki
        self._ended = threading.Event()
        self.downloads = self._downloads(pki)

    def want(self, body: bytes = HONEST) -> Want:
        """As the signed bulletin names it."""
        digest = self.server.put_media(body)
        return Want("media", digest, f"/media/{digest}", len(body))

    def serves(self, want: Want, body: bytes) -> None:
        self.server.put(want.path, body)

    def fetch(self, want: Want) -> Result:
        self._ended.clear()
        self.downloads.begin(want)
        assert self._ended.wait(20)
        (result,) = self.downloads.results()
        return result

    def shows_the_certificate_of(self, stranger: Certificates) -> None:
        self.downloads.close()
        self.downloads = self._downloads(stranger)

    def close(self) -> None:
        self.downloads.close()
        self.server.close()

    def _downloads(self, trusted: Certificates) -> RequestsDownloads:
        context = client_context(trusted.cafile, lambda: 0)
        return RequestsDownloads(
            self.server.base, self.folder, context, trusted.cafile, self._ended.set
        )


@pytest.fixture
def road(tmp_path: Path, pki: Certificates) -> Iterator[Road]:
    made = Road(pki, tmp_path / "media")
    yield made
    made.close()


def test_another_voice_under_the_right_address(road: Road) -> None:
    want = road.want()
    road.serves(want, FALSE)

    assert road.fetch(want) == Failed(want, "wrong_bytes")
    assert not road.card.holds(want.name)
    named_by_its_own_hash = road.want(FALSE)
    assert road.fetch(named_by_its_own_hash) == Fetched(named_by_its_own_hash)


def test_the_right_voice_with_a_word_more(road: Road) -> None:
    want = road.want()
    road.serves(want, HONEST + FALSE)

    assert isinstance(road.fetch(want), Failed)
    assert not road.card.holds(want.name)


def test_half_a_sentence(road: Road) -> None:
    want = road.want()
    road.serves(want, HONEST[:4_000])

    assert isinstance(road.fetch(want), Failed)
    assert not road.card.holds(want.name)


def test_the_second_half_is_another_sentences(road: Road) -> None:
    """Cut by the attacker, then continued from where it stopped with bytes of theirs."""
    want = road.want()
    road.server.faults.cut_after = [4_096]
    assert isinstance(road.fetch(want), Failed)
    road.serves(want, HONEST[:4_096] + FALSE[4_096:])

    assert isinstance(road.fetch(want), Failed)
    assert not road.card.holds(want.name)
    road.serves(want, HONEST)
    while not isinstance(result := road.fetch(want), Fetched):
        assert isinstance(result, Failed)
    assert (road.folder / want.name).read_bytes() == HONEST


def test_the_file_is_changed_on_the_card(road: Road) -> None:
    """By whoever took the card out for an hour, or by a card that rots."""
    want = road.want()
    road.fetch(want)
    assert road.card.intact(want.name)
    (road.folder / want.name).write_bytes(FALSE)

    assert road.card.holds(want.name)  # the name alone would have let it play
    assert road.card.intact(want.name) is None
    assert not road.card.holds(want.name)


def test_a_server_of_another_authority(road: Road, tmp_path: Path) -> None:
    """As if the node's CA had not signed this server: not a byte of its files is taken."""
    (tmp_path / "other").mkdir()
    want = road.want()
    road.shows_the_certificate_of(Certificates(tmp_path / "other"))

    assert isinstance(road.fetch(want), Failed)
    assert road.server.asked == []


def test_the_hash_in_the_bulletin_is_rewritten_to_the_other_voice(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    genuine, false = a_media(HONEST), a_media(FALSE)
    data = district.sealed(a_bulletin(audio={"vi": genuine}), "publisher")

    assert hamlet.refuses(attacker.alters(data, genuine.sha256, false.sha256)) == "signature"
