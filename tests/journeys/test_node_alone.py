"""One hamlet and the smallest district there can be, all on real parts: broker, HTTPS, libVLC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.wire import a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire.bulletin import Bulletin
from parts.broker import Broker
from parts.district import District
from parts.node import Node
from parts.pki import Certificates
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]


@pytest.fixture
def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def district(broker: Broker, pki: Certificates, now: int) -> Iterator[District]:
    made = District(broker, pki, now)
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


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return a_tone(tmp_path_factory.mktemp("tone") / "tone.opus", hertz=1000, seconds=2).read_bytes()


def a_said(district: District, tone: bytes, now: int, n: int = 1, **changes: object) -> Bulletin:
    district.https.put_media(tone)
    life = {"iat": now, "nbf": now, "exp": now + 3_600_000, "id": ulid(n)}
    return a_bulletin(**{**life, "audio": {"vi": a_media(tone)}, **changes})


def test_a_bulletin_published_now_is_heard_and_proved(
    district: District, node: Node, tone: bytes, now: int
) -> None:
    node.start("player", "agent")
    district.wait_for("config_applied", count=3)

    bulletin = a_said(district, tone, now)
    district.publish(bulletin)
    ended = district.wait_for("ended", bulletin.id)

    assert (ended.result, ended.reason) == ("played", None)
    assert ended.evidence in ("decoder", "device")
    assert district.names(bulletin.id) == ["received", "ready", "started", "ended"]
    assert heard(node.wav).count(1000) in range(17, 23)
