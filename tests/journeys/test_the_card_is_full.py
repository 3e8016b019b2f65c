"""The card is full: what is over makes room, what does not fit is refused in words, and the node
says and records what it has. The card is a real ext4 of 72 MB under a real node."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.wire import a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire.bulletin import Bulletin
from parts.broker import Broker
from parts.card import MB, Card, usable
from parts.district import District
from parts.node import Node
from parts.pki import Certificates
from parts.sound import a_tone, heard

pytestmark = [
    pytest.mark.parts, pytest.mark.journey, pytest.mark.skipif(bool(usable()), reason=usable()),
]  # fmt: skip
ROOM_KEPT_MB = 32  # what downloads leave free


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    made = Card(tmp_path / "sd", megabytes=72)
    yield made
    made.take_out()


@pytest.fixture
def district(broker: Broker, pki: Certificates) -> Iterator[District]:
    made = District(broker, pki, time.time_ns() // 1_000_000)
    made.tells_time = True
    yield made
    made.close()


@pytest.fixture
def node(tmp_path: Path, card: Card, district: District) -> Iterator[Node]:
    made = Node(tmp_path / "node")
    made.state = card.path / "state"
    made.identity = made.state / "identity"
    made.write_settings()
    district.identity(made.identity)
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    made.start("player", "agent")
    district.wait_for("config_applied", count=3)
    yield made
    made.close()


def said(district: District, n: int, tone: bytes, lasts_s: float = 3600) -> Bulletin:
    district.https.put_media(tone)
    now = time.time_ns() // 1_000_000
    bulletin = a_bulletin(
        id=ulid(n), iat=now, nbf=now, exp=now + int(lasts_s * 1000), audio={"vi": a_media(tone)}
    )
    district.publish(bulletin)
    return bulletin


def test_what_does_not_fit_is_refused_in_words_and_comes_when_there_is_room(
    district: District, node: Node, card: Card, tmp_path: Path
) -> None:
    first = said(district, 1, a_tone(tmp_path / "a.opus", 1000, seconds=2).read_bytes())
    district.wait_for("ended", first.id)
    fat = card.fill(leave=(ROOM_KEPT_MB - 4) * MB)

    second = said(district, 2, a_tone(tmp_path / "b.opus", 700, seconds=2).read_bytes())
    refused = district.wait_for("media_failed")

    assert (refused.reason, refused.detail) == ("no_room", second.audio["vi"].sha256)
    assert "started" not in district.names(second.id)
    fat.unlink()
    assert district.wait_for("ended", second.id).result == "played"
    assert heard(node.wav).count(700) in range(17, 23)


def test_what_is_over_makes_room_for_what_comes(
    district: District, node: Node, card: Card, tmp_path: Path
) -> None:
    large = a_tone(tmp_path / "a.opus", 1000, seconds=2).read_bytes() + os.urandom(3 * MB)
    old = said(district, 1, large, lasts_s=6)
    district.wait_for("ended", old.id)
    there = node.state / "media" / old.audio["vi"].sha256
    assert there.exists()
    card.fill(leave=ROOM_KEPT_MB * MB)
    time.sleep(max(0.0, old.exp / 1000 - time.time()) + 0.5)

    new = said(district, 2, a_tone(tmp_path / "b.opus", 700, seconds=2).read_bytes())

    assert district.wait_for("ended", new.id).result == "played"
    assert not there.exists()
    assert "media_failed" not in [fact.fact for fact in district.facts]


def test_on_a_card_without_one_free_byte_what_is_held_is_still_said_and_recorded(
    district: District, node: Node, card: Card, tmp_path: Path
) -> None:
    tone = a_tone(tmp_path / "a.opus", 1000, seconds=2).read_bytes()
    first = said(district, 1, tone)
    district.wait_for("ended", first.id)
    fat = os.open(card.path / "fat", os.O_WRONLY | os.O_CREAT)
    for piece in (MB, 4096, 1):
        try:
            while True:
                os.write(fat, b"\0" * piece)
        except OSError:
            continue
    os.close(fat)

    agent = node.pid("agent")
    plays = [said(district, n, tone) for n in range(2, 6)]
    ends = [district.wait_for("ended", one.id) for one in plays]

    assert {end.result for end in ends} == {"played"}
    assert node.pid("agent") == agent
    alarms = [fact.reason for fact in district.facts if fact.fact == "alarm"]
    assert "card_full" in alarms, alarms
