"""`loa-node doctor` beside a hamlet that runs, and after each thing that breaks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.wire import an_assignment, some_settings
from parts.broker import Broker
from parts.district import District
from parts.https import HttpsServer
from parts.node import Node
from parts.pki import Certificates
from parts.sound import heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]


@dataclass(frozen=True)
class Said:
    code: int
    text: str

    def of(self, words: str) -> str:
        """The mark of the finding with these words."""
        lines = self.text.splitlines()
        at = next(n for n, text in enumerate(lines) if words in text)
        return next(t.split("  ")[0] for t in lines[at::-1] if t and not t.startswith(" "))


@pytest.fixture
def district(broker: Broker, pki: Certificates) -> Iterator[District]:
    made = District(broker, pki, time.time_ns() // 1_000_000)
    yield made
    made.close()


@pytest.fixture
def node(tmp_path: Path, district: District) -> Iterator[Node]:
    made = Node(tmp_path / "node")
    district.identity(made.identity)
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    yield made
    made.close()


def doctor(node: Node, *more: str) -> Said:
    command = [sys.executable, "-m", "loa_node", "doctor", "--config", str(node.settings), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return Said(done.returncode, done.stdout)


def test_the_doctor_tells_what_is_broken_and_what_to_do(
    district: District, node: Node, broker: Broker, tmp_path: Path
) -> None:
    node.start("player", "screen", "agent")
    district.wait_for("config_applied", count=3)

    well = doctor(node)
    node.kill("player")
    silent = doctor(node)
    broker.stop()
    away = doctor(node)
    node.start("player")
    (tmp_path / "stranger").mkdir()
    stranger = Certificates(tmp_path / "stranger").server()
    false = HttpsServer(stranger.cert, stranger.key)
    server = node.identity / "server"
    server.write_text(server.read_text().replace(district.https.base, false.base))
    forged = doctor(node)
    false.close()

    assert (well.code, "BAD" in well.text) == (0, False), well.text
    assert "Broker: localhost" in well.text
    assert "Certificate until" in well.text
    assert (silent.code, silent.of("Player: does not run")) == (1, "HỎNG / BAD")
    assert away.of("Broker: localhost") == "HỎNG / BAD"
    assert "does not answer" in away.text
    assert forged.of("is not proved ours (TLS)") == "HỎNG / BAD"
    secrets = [line for line in (node.identity / "key").read_text().splitlines() if line]
    for said in (well, silent, away, forged):
        assert not [line for line in secrets if line in said.text]


def test_the_tone_is_heard_also_when_nothing_runs(node: Node) -> None:
    said = doctor(node, "--tone")

    assert "A tone was played" in said.text
    assert any(heard(node.wav))
    assert "does not run" in said.text
