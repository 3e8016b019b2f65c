"""The power goes while a bulletin is on its way to the card, and again while it is being said.

The card is a real ext4; what was not yet on it when the power went is not there at the next start.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.wire import a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire.bulletin import Bulletin
from parts.broker import Broker
from parts.card import Card, usable
from parts.district import District
from parts.node import Node
from parts.pki import Certificates
from parts.sound import a_tone, heard

pytestmark = [
    pytest.mark.parts, pytest.mark.journey, pytest.mark.skipif(bool(usable()), reason=usable()),
]  # fmt: skip


class Hamlet:
    """A node whose card can be pulled: `power_cut` leaves it dark, `power` brings it back."""

    def __init__(self, folder: Path, district: District) -> None:
        self.folder = folder
        self.cards = [Card(folder / "card-0", megabytes=96)]
        self.node = Node(folder / "node")
        self._use(self.cards[0])
        district.identity(self.node.identity)
        os.sync()  # as the card was delivered

    def _use(self, card: Card) -> None:
        self.node.state = card.path / "state"
        self.node.identity = self.node.state / "identity"
        self.node.write_settings()
        self.node.power_cycle()

    def power(self) -> None:
        self.node.start("player", "agent")

    def power_cut(self) -> None:
        """Nothing more is written: the programs end only after the card was taken."""
        after = self.cards[-1].cut(self.folder / f"card-{len(self.cards)}")
        for program in ("agent", "player"):
            self.node.kill(program)
        self.cards.append(after)
        self._use(after)

    def close(self) -> None:
        self.node.close()
        for card in self.cards:
            card.take_out()


@pytest.fixture
def district(broker: Broker, pki: Certificates) -> Iterator[District]:
    made = District(broker, pki, time.time_ns() // 1_000_000)
    yield made
    made.close()


@pytest.fixture
def hamlet(tmp_path: Path, district: District) -> Iterator[Hamlet]:
    made = Hamlet(tmp_path, district)
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    made.power()
    district.wait_for("config_applied", count=3)
    yield made
    made.close()


def said(district: District, n: int, sound: bytes, seconds: int) -> Bulletin:
    district.https.put_media(sound)
    now = time.time_ns() // 1_000_000
    audio = {"vi": a_media(sound, duration_ms=seconds * 1000)}
    bulletin = a_bulletin(id=ulid(n), iat=now, nbf=now, exp=now + 3_600_000, audio=audio)
    district.publish(bulletin)
    return bulletin


def soon(true: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_is_heard_once_whenever_the_power_goes(
    district: District, hamlet: Hamlet, tmp_path: Path
) -> None:
    sound = a_tone(tmp_path / "a.opus", 1000, seconds=4).read_bytes()
    district.https.faults.cut_after = [len(sound) // 2, 10, 10, 10, 10]  # a bad road besides
    bulletin = said(district, 1, sound, 4)
    part = hamlet.node.state / "media" / f"{bulletin.audio['vi'].sha256}.part"
    soon(part.exists)

    hamlet.power_cut()  # the file is half there
    hamlet.power()
    district.wait_for("started", bulletin.id)
    soon(lambda: hamlet.node.wav.exists() and heard(hamlet.node.wav).count(1000) >= 5)
    hamlet.power_cut()  # it is half said
    hamlet.power()
    end = district.wait_for("ended", bulletin.id)
    second = said(district, 2, a_tone(tmp_path / "b.opus", 700, seconds=2).read_bytes(), 2)
    again = district.wait_for("ended", second.id)

    assert (end.result, end.reason) == ("partial", "power")
    assert district.names(bulletin.id).count("started") == 1
    assert again.result == "played"
    assert 5 <= heard(hamlet.node.wav).count(1000) < 40  # once, and broken off
    assert "shelf_lost" not in [fact.fact for fact in district.facts]
    numbers = [fact.seq for fact in district.facts]
    assert len(numbers) == len(set(numbers))
    assert sorted(numbers) == list(range(min(numbers), max(numbers) + 1))
