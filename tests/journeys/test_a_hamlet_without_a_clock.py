"""No chip, no time server, and a system clock that somebody throws about: what is said now is
said, the calendar waits for a proof, and then nothing that the system clock does counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fakes.wire import a_bulletin, a_media, an_assignment, some_settings, ulid
from loa_wire.bulletin import Bulletin, Late, Schedule
from loa_wire.localtime import LOCAL
from parts.broker import Broker
from parts.district import District
from parts.installation import FAKETIME
from parts.node import Node
from parts.pki import Certificates
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]


class SystemClock:
    """The agent's alone: the player asks no calendar."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.throw("-21d")

    def throw(self, to: str) -> None:
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{to}\n")
        beside.rename(self.file)

    @property
    def environment(self) -> dict[str, str]:
        faked = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(self.file)}
        steady = {"DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return faked | steady | {"FAKETIME_NO_CACHE": "1"}


@pytest.fixture
def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def district(broker: Broker, pki: Certificates, now: int) -> Iterator[District]:
    made = District(broker, pki, now)
    yield made
    made.close()


@pytest.fixture
def clock(tmp_path: Path) -> SystemClock:
    return SystemClock(tmp_path / "system_clock")


@pytest.fixture
def node(tmp_path: Path, district: District, clock: SystemClock) -> Iterator[Node]:
    made = Node(tmp_path / "node")
    made.write_settings(believed=False)
    made.power_cycle()
    district.identity(made.identity)
    district.register()
    district.place(an_assignment(iat=district.now), some_settings(iat=district.now))
    made.start("player")
    made.start("agent", **clock.environment)
    yield made
    made.close()


@pytest.fixture
def tone(district: District, tmp_path: Path) -> bytes:
    data = a_tone(tmp_path / "tone.opus", seconds=1).read_bytes()
    district.https.put_media(data)
    return data


def said(n: int, tone: bytes, now: int, **changes: object) -> Bulletin:
    life = {"iat": now, "nbf": now, "exp": now + 3_600_000, "id": ulid(n)}
    return a_bulletin(**{**life, "audio": {"vi": a_media(tone, duration_ms=1000)}, **changes})


def two_minutes_ago(now: int) -> Schedule:
    moment = datetime.fromtimestamp(now / 1000, LOCAL) - timedelta(minutes=2)
    late = Late(play_within_s=3600)
    return Schedule(mode="at", times=[moment.strftime("%H:%M")], late=late)


def test_the_calendar_waits_for_a_proof_and_then_no_jump_of_the_system_clock_counts(
    district: District, node: Node, clock: SystemClock, tone: bytes, now: int
) -> None:
    calendar = said(1, tone, now - 600_000, schedule=two_minutes_ago(now))
    first, last = (said(n, tone, now) for n in (2, 4))
    alarm = said(3, tone, now, level="emergency", alert="flood")

    district.publish(calendar)
    district.publish(first)
    assert district.wait_for("ended", first.id).clock == "unknown"
    assert "started" not in district.names(calendar.id)

    district.tells_time = True
    district.publish(alarm, duties="province duty")
    assert district.wait_for("started", alarm.id).clock == "proved"
    over = said(5, tone, district.now, kind="all_clear", level="emergency", ends=alarm.id)
    district.publish(over, duties="province")
    district.wait_for("stopped", alarm.id)
    assert district.wait_for("ended", calendar.id).result == "played"

    for jump in ("+3d", "-40d"):
        clock.throw(jump)
        time.sleep(1.5)  # the agent looks at least once a second
    district.publish(last)
    ended = district.wait_for("ended", last.id)

    assert (ended.result, ended.clock) == ("played", "proved")
    assert abs(ended.at - time.time_ns() // 1_000_000) < 60_000
    assert heard(node.wav).count(1000) >= 27  # three of a second each; the alarm was ended
    outcomes = [f.occurrence for f in district.facts if f.fact in ("ended", "missed", "skipped")]
    assert len(outcomes) == len(set(outcomes)), "the same occurrence had two outcomes"
    assert "missed" not in [f.fact for f in district.facts]
