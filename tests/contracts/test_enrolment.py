"""Asking a district to be taken in: the fake desk, and the real one over HTTPS; saying a code."""

from __future__ import annotations

import threading
import time
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fakes.registry import CONSOLE, FakeDesk, Registry
from loa_node import sounds
from loa_node.adapters.enrolment_https import EnrolmentHttps
from loa_node.adapters.papers import Papers
from loa_node.adapters.player_socket import PlayerSocket
from loa_node.adapters.tls import client_context
from loa_node.clock import Clock
from loa_node.config import NodeConfig
from loa_node.enrol import Answer, Asked, Desk, Said, Unsaid
from loa_node.newcomer import Speech
from loa_wire.claim import key_hash
from loa_wire.enrol import Enrol, Enrolment
from parts.https import HttpsServer
from parts.node import Node
from parts.pki import Certificates
from parts.registrar import registry_at

pytestmark = pytest.mark.parts
PATIENCE_S = 20.0


class Counter:
    """`ask` and wait for what comes."""

    def __init__(self, desk: Desk, registry: Registry, came: threading.Event) -> None:
        self.registry = registry
        self._desk = desk
        self._came = came

    def ask(self, path: str, body: bytes = b"") -> Answer:
        self._came.clear()
        self._desk.ask(Asked(path, body))
        answers = self._desk.answers()
        if not answers:
            assert self._came.wait(PATIENCE_S)
            answers = self._desk.answers()
        (answer,) = answers
        return answer


@pytest.fixture
def server(pki: Certificates) -> Iterator[HttpsServer]:
    files = pki.server()
    made = HttpsServer(files.cert, files.key)
    yield made
    made.close()


@pytest.fixture
def papers(tmp_path: Path, pki: Certificates) -> Papers:
    (tmp_path / "ca").write_bytes(pki.cafile.read_bytes())
    return Papers(tmp_path)


def over_https(
    server: HttpsServer, pki: Certificates, came: threading.Event, floor: int = 0
) -> EnrolmentHttps:
    return EnrolmentHttps(server.base, client_context(pki.cafile, lambda: floor), came.set)


@pytest.fixture(params=["fake", "https"])
def counter(request: pytest.FixtureRequest, server: HttpsServer, pki: Certificates) -> Counter:
    registry = registry_at(server, pki)
    came = threading.Event()
    desk = FakeDesk(registry) if request.param == "fake" else over_https(server, pki, came)
    return Counter(desk, registry, came)


def test_who_asks_waits_and_who_asks_again_hears_the_same(counter: Counter, papers: Papers) -> None:
    body = msgspec.json.encode(Enrol(csr=papers.csr()))
    waiting = Said(Enrolment(state="pending", console=CONSOLE))

    assert counter.ask("/enrol", body) == waiting
    assert counter.ask("/enrol", body) == waiting
    assert counter.ask(f"/enrol/{key_hash(papers.spki())}") == waiting


def test_a_key_that_nobody_knows_is_a_404(counter: Counter) -> None:
    answer = counter.ask(f"/enrol/{'0' * 64}")

    assert isinstance(answer, Unsaid)
    assert answer.reason == "status_404"


def test_rubbish_is_no_answer(server: HttpsServer, pki: Certificates) -> None:
    came = threading.Event()
    server.desk = lambda _path, _body: (200, b'{"typ":"enrolment","v":1,"state":"king"}')
    counter = Counter(over_https(server, pki, came), Registry.made(), came)

    assert counter.ask("/enrol/0") == Unsaid("unreadable")


def test_nobody_at_the_address_is_no_answer(server: HttpsServer, pki: Certificates) -> None:
    came = threading.Event()
    counter = Counter(over_https(server, pki, came), Registry.made(), came)
    server.close()

    assert counter.ask("/enrol/0") == Unsaid("unreachable")


def test_another_ca_or_a_date_before_our_floor_is_not_our_district(
    server: HttpsServer, pki: Certificates, tmp_path: Path
) -> None:
    came = threading.Event()
    other = Certificates(tmp_path)
    in_ten_years = (int(time.time()) + 10 * 31_536_000) * 1000

    for desk in (over_https(server, other, came), over_https(server, pki, came, in_ten_years)):
        assert Counter(desk, Registry.made(), came).ask("/enrol/0") == Unsaid("tls")


def test_the_loudspeaker_says_the_code(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.start("player")
    player = PlayerSocket(node.folder / "run" / "player.sock")
    speech = Speech(player, sounds.folder(NodeConfig()))
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and loud_seconds(node.wav) < 3:
        mono = time.monotonic_ns() // 1_000_000
        speech.work("7K2M9QXPC4TDH0VA", Clock("unknown", 0, 0, mono_ms=mono), allowed=True)
        time.sleep(0.02)
    speech.end()
    player.close()
    node.close()

    assert loud_seconds(node.wav) >= 3


def loud_seconds(path: Path) -> float:
    """How much of it is not silence, in tenths of a second."""
    if not path.exists() or path.stat().st_size < 4096:
        return 0.0
    with wave.open(str(path)) as file:
        samples = array("h", file.readframes(file.getnframes()))
        a_tenth = file.getframerate() * file.getnchannels() // 10
    tenths = (samples[n : n + a_tenth] for n in range(0, len(samples), a_tenth))
    return sum(max(map(abs, tenth)) > 1000 for tenth in tenths) / 10
