"""Fetching over a bad road, from a real HTTPS server."""

from __future__ import annotations

import hashlib
import os
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from loa_node.adapters.media_folder import Folder
from loa_node.adapters.requests_downloads import RESERVE, RequestsDownloads
from loa_node.adapters.tls import client_context, refuse_expired
from loa_node.fetch import Failed, Fetched, Result, Unchanged, Want, beacon
from parts.https import HttpsServer
from parts.pki import Certificates

pytestmark = pytest.mark.parts
SOUND = os.urandom(300_000)


class Road:
    """`fetch(want)` begins one download and waits for how it ended."""

    def __init__(self, server: HttpsServer, pki: Certificates, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.pki = pki
        self._ended = threading.Event()
        self.downloads = self.from_here()

    def from_here(self, reserve: int = RESERVE, earliest_ms: int = 0) -> RequestsDownloads:
        context = client_context(self.pki.cafile, lambda: earliest_ms)
        base, ca = self.server.base, self.pki.cafile
        return RequestsDownloads(base, self.folder, context, ca, self._ended.set, reserve)

    def fetch(self, want: Want, downloads: RequestsDownloads | None = None) -> Result:
        used = downloads or self.downloads
        self._ended.clear()
        used.begin(want)
        assert self._ended.wait(20)
        (result,) = used.results()
        return result

    def media(self, body: bytes = SOUND, size: int | None = None) -> Want:
        digest = self.server.put_media(body)
        return Want("media", digest, f"/media/{digest}", len(body) if size is None else size)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def road(tmp_path: Path, pki: Certificates) -> Iterator[Road]:
    files = pki.server()
    server = HttpsServer(files.cert, files.key)
    made = Road(server, pki, tmp_path / "media")
    yield made
    made.downloads.close()
    server.close()


def test_a_file_arrives_whole_under_its_own_hash(road: Road) -> None:
    want = road.media()

    assert road.fetch(want) == Fetched(want)
    assert (road.folder / want.name).read_bytes() == SOUND
    assert road.files() == [want.name]


def test_a_cut_download_goes_on_where_it_stopped(road: Road) -> None:
    want = road.media()
    road.server.faults.cut_after = [100_000]

    assert road.fetch(want) == Failed(want, "cut", progress=True)
    assert not Folder(road.folder).holds(want.name)
    held = (road.folder / f"{want.name}.part").stat().st_size
    assert held > 100_000 - 5_000  # nearly all of what came through

    assert road.fetch(want) == Fetched(want)
    assert road.server.asked[-1].range == f"bytes={held}-"
    assert (road.folder / want.name).read_bytes() == SOUND


def test_a_part_of_an_earlier_start_is_taken_up(road: Road) -> None:
    want = road.media()
    road.server.faults.cut_after = [200_000]
    road.fetch(want)

    assert road.fetch(want, road.from_here()) == Fetched(want)
    assert road.server.asked[-1].range


def test_a_road_that_breaks_every_few_kilobytes_still_gets_there(road: Road) -> None:
    want = road.media(SOUND[:60_000])
    road.server.faults.cut_after = [9_000] * 12

    outcomes = [road.fetch(want) for _ in range(8)]

    assert outcomes == [Failed(want, "cut", progress=True)] * 7 + [Fetched(want)]


def test_an_etag_that_changed_starts_the_file_again(road: Road) -> None:
    want = road.media()
    road.server.faults.cut_after = [100_000]
    road.fetch(want)
    road.server.etags[want.path] = '"rewritten"'

    assert road.fetch(want) == Fetched(want)
    assert (road.folder / want.name).read_bytes() == SOUND


def test_wrong_bytes_are_thrown_away(road: Road) -> None:
    want = road.media()
    road.server.put(want.path, os.urandom(len(SOUND)))

    assert road.fetch(want) == Failed(want, "wrong_bytes")
    assert road.files() == []


def test_a_file_longer_than_signed_is_not_read_to_its_end(road: Road) -> None:
    want = road.media(size=1000)

    assert road.fetch(want) == Failed(want, "too_long")
    assert not Folder(road.folder).holds(want.name)


@pytest.mark.parametrize("status", [404, 429, 500, 302])
def test_any_other_answer_is_a_failure_with_its_number(road: Road, status: int) -> None:
    want = road.media()
    road.server.faults.status = [status]

    assert road.fetch(want) == Failed(want, f"status_{status}")
    assert road.fetch(want) == Fetched(want)


def test_a_card_without_room_is_not_filled(road: Road) -> None:
    want = road.media()

    assert road.fetch(want, road.from_here(reserve=2**62)) == Failed(want, "no_room")
    assert road.server.asked == []


def test_a_server_that_is_not_there_is_a_failure(road: Road) -> None:
    want = road.media()
    road.server.close()

    assert road.fetch(want) == Failed(want, "unreachable")


def test_both_lanes_go_on_without_each_other(road: Road) -> None:
    first, second = road.media(), road.media(b"urgent")
    urgent = Want(second.kind, second.name, second.path, second.size, urgent=True)

    assert road.fetch(urgent) == Fetched(urgent)
    assert road.fetch(first) == Fetched(first)


# documents


def test_a_document_comes_with_its_etag_and_is_unchanged_after(road: Road) -> None:
    road.server.put("/areas/ap-3/manifest", b"signed")
    want = Want("manifest", "ap-3", "/areas/ap-3/manifest", 1000)

    fetched = road.fetch(want)
    assert isinstance(fetched, Fetched)
    assert fetched.body == b"signed"

    again = Want("manifest", "ap-3", want.path, 1000, etag=fetched.etag)
    assert road.fetch(again) == Unchanged(again)


def test_an_envelope_must_be_what_the_manifest_named(road: Road) -> None:
    digest = hashlib.sha256(b"right").hexdigest()
    road.server.put(f"/envelopes/{digest}", b"wrong")
    want = Want("envelope", digest, f"/envelopes/{digest}", 1000)

    assert road.fetch(want) == Failed(want, "wrong_bytes")


def test_a_document_longer_than_it_may_be_is_refused(road: Road) -> None:
    road.server.put("/root/2", b"x" * 2000)
    want = Want("root", "2", "/root/2", 1000)

    assert road.fetch(want) == Failed(want, "too_long")


# whom the road may lead to


def test_a_server_of_another_ca_is_not_believed(
    road: Road, tmp_path_factory: pytest.TempPathFactory
) -> None:
    others = Certificates(tmp_path_factory.mktemp("others"))
    context = client_context(others.cafile, lambda: 0)
    folder, ended = road.folder, threading.Event()
    stranger = RequestsDownloads(road.server.base, folder, context, others.cafile, ended.set)
    want = road.media()

    stranger.begin(want)
    assert ended.wait(20)
    assert stranger.results() == [Failed(want, "unreachable")]


def test_a_certificate_that_ended_before_the_floor_is_refused(road: Road) -> None:
    far = 10 * 365 * 86_400_000 * 20  # some time after every certificate of this test
    want = road.media()

    assert road.fetch(want, road.from_here(earliest_ms=far)) == Failed(want, "unreachable")


def test_dates_are_compared_with_the_floor_and_not_with_the_clock() -> None:
    certificate = {"notAfter": "Jan  1 00:00:00 2020 GMT"}

    refuse_expired(certificate, earliest_ms=1_500_000_000_000)  # 2017: not over for certain
    with pytest.raises(ssl.SSLCertVerificationError):
        refuse_expired(certificate, earliest_ms=1_600_000_000_000)
    with pytest.raises(ssl.SSLCertVerificationError):
        refuse_expired(None, earliest_ms=0)


# the folder


def test_a_file_that_changed_on_the_card_is_not_played(road: Road) -> None:
    want = road.media()
    road.fetch(want)
    folder = Folder(road.folder)
    assert folder.intact(want.name) == str(road.folder / want.name)

    (road.folder / want.name).write_bytes(SOUND[:-1] + bytes([SOUND[-1] ^ 1]))

    assert folder.intact(want.name) is None
    assert not folder.holds(want.name)


def test_only_what_is_wanted_stays_in_the_folder(road: Road) -> None:
    kept, gone = road.media(), road.media(b"old")
    road.fetch(kept)
    road.fetch(gone)
    (road.folder / f"{'a' * 64}.part").write_bytes(b"half")
    (road.folder / "notes.txt").write_text("not ours")

    Folder(road.folder).keep_only(frozenset({kept.name}))

    assert road.files() == sorted([kept.name, "notes.txt"])


def test_a_question_is_posted_and_its_answer_handed_over(road: Road) -> None:
    heard: list[tuple[str, bytes]] = []

    def desk(path: str, body: bytes) -> tuple[int, bytes]:
        heard.append((path, body))
        return 200, b"an answer"

    road.server.desk = desk
    want = beacon("1a" * 16, b"what time is it?")

    assert road.fetch(want) == Fetched(want, b"an answer")
    assert heard == [("/beacon", b"what time is it?")]


def test_a_question_nobody_answers_fails_as_any_other_fetch(road: Road) -> None:
    want = beacon("1a" * 16, b"what time is it?")

    assert road.fetch(want) == Failed(want, "status_404")


def test_a_question_does_not_wait_behind_an_urgent_file(road: Road) -> None:
    road.server.desk = lambda _path, _body: (200, b"an answer")
    slow = threading.Event()
    digest = road.server.put_media(SOUND)
    road.server.slow[f"/media/{digest}"] = slow
    media = Want("media", digest, f"/media/{digest}", len(SOUND), urgent=True)
    road.downloads.begin(media)

    assert road.fetch(beacon("1a" * 16, b"?")) == Fetched(beacon("1a" * 16, b"?"), b"an answer")
    slow.set()
