"""What every player must do, the real one with libVLC in its own process and the fake alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.player import FakePlayer
from parts.player import Peer, Player
from parts.sound import a_tone

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_tone(tmp_path_factory.mktemp("sound") / "tone.wav", seconds=1.0)


@pytest.fixture(params=["fake", "libvlc"])
def agent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    if request.param == "fake":
        fake = FakePlayer(length_s=1.0)
        fake.serve(tmp_path / "player.sock")
        yield Peer(tmp_path / "player.sock")
        fake.close()
        return
    real = Player(tmp_path)
    yield real.start()
    real.end()


def test_a_player_that_has_just_started_plays_nothing_and_owes_nothing(agent: Peer) -> None:
    assert agent.hello["playing"] is None
    assert agent.hello["outcomes"] == []
    assert {"output", "libvlc"} <= set(agent.hello)


def test_a_good_file_sounds_and_is_played_with_the_decoders_evidence(
    agent: Peer, tone: Path
) -> None:
    agent.play("p1", tone, 1000)

    assert agent.until("sounding", "p1")["latency_ms"] >= 0
    assert agent.outcome("p1") == ("played", "", "decoder")


def test_a_file_that_is_not_there_fails_and_sounds_nothing(agent: Peer, tmp_path: Path) -> None:
    agent.play("p1", tmp_path / "gone.opus")

    assert agent.outcome("p1") == ("failed", "missing_file", "command")


def test_a_new_play_cuts_off_the_one_before(agent: Peer, tone: Path) -> None:
    agent.play("normal", tone, 1000)
    agent.until("sounding", "normal")
    agent.play("emergency", tone, 1000)

    assert agent.outcome("normal")[:2] == ("stopped", "preempted")
    assert agent.outcome("emergency")[0] == "played"


@pytest.mark.parametrize("named", ["p1", "*"])
def test_a_stop_ends_the_play(agent: Peer, tone: Path, named: str) -> None:
    agent.play("p1", tone, 1000)
    agent.until("sounding", "p1")
    agent.send(do="stop", play=named)

    assert agent.outcome("p1")[:2] == ("stopped", "stopped")


def test_a_stop_for_another_play_changes_nothing(agent: Peer, tone: Path) -> None:
    agent.play("p1", tone, 1000)
    agent.until("sounding", "p1")
    agent.send(do="stop", play="p0")

    assert agent.outcome("p1")[0] == "played"


def test_the_same_order_twice_is_one_play(agent: Peer, tone: Path) -> None:
    agent.play("p1", tone, 1000)
    agent.until("sounding", "p1")
    agent.play("p1", tone, 1000)

    assert agent.outcome("p1")[0] == "played"
    agent.send(do="state")
    assert len(agent.until("hello")["outcomes"]) == 1


def test_an_outcome_is_said_again_until_it_is_confirmed(agent: Peer, tone: Path) -> None:
    agent.play("p1", tone, 1000)
    agent.until("outcome", "p1")

    assert [said["play"] for said in agent.reconnect()["outcomes"]] == ["p1"]
    agent.send(do="confirm", play="p1")
    agent.send(do="state")
    assert agent.until("hello")["outcomes"] == []


def test_a_play_goes_on_while_the_agent_is_away(agent: Peer, tone: Path) -> None:
    agent.play("p1", tone, 1000)
    agent.until("sounding", "p1")

    assert agent.reconnect()["playing"] == "p1"
    assert agent.outcome("p1")[0] == "played"


def test_a_play_at_no_volume_is_never_called_played(agent: Peer, tone: Path) -> None:
    agent.play("p1", tone, 1000, volume=0)

    assert agent.outcome("p1") == ("failed", "muted", "command")


def test_an_order_that_makes_no_sense_is_skipped(agent: Peer, tone: Path) -> None:
    agent.send(do="dance", play="p0")
    agent.play("p1", tone, 1000)

    assert agent.outcome("p1")[0] == "played"
