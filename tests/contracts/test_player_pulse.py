"""The player on a real sound server: killed in the middle, back again, silenced by its memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.player import Player
from parts.pulse import THERE, Monitor, Pulse
from parts.sound import a_tone

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(not THERE, reason="needs pulseaudio and pulseaudio-utils"),
]


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Pulse]:
    made = Pulse(tmp_path)
    made.start()
    yield made
    made.close()


@pytest.fixture
def player(tmp_path: Path, pulse: Pulse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    for name, value in pulse.environment.items():
        monkeypatch.setenv(name, value)
    made = Player(tmp_path, "pulse")
    yield made
    made.end()


def test_a_sound_server_that_is_killed_ends_the_play_and_one_that_is_back_plays_the_next(
    player: Player, pulse: Pulse, tmp_path: Path
) -> None:
    agent = player.start()
    agent.play("before", a_tone(tmp_path / "a.opus"))
    assert agent.outcome("before")[:2] == ("played", "")

    agent.play("during", a_tone(tmp_path / "b.opus", seconds=15.0), 15_000)
    agent.until("sounding", "during")
    pulse.kill()
    said = agent.until("outcome", "during")
    agent.play("without", a_tone(tmp_path / "a.opus"))
    silent = agent.outcome("without")
    pulse.start()
    agent.play("after", a_tone(tmp_path / "a.opus"))

    assert said["result"] in ("partial", "failed")
    assert said["reason"] in ("output_error", "device_lost", "stalled")
    assert silent == ("failed", "device_lost", "command")
    assert agent.outcome("after")[:2] == ("played", "")


def test_a_server_that_remembers_silence_is_told_otherwise(
    player: Player, pulse: Pulse, tmp_path: Path
) -> None:
    agent = player.start()
    agent.play("quiet", a_tone(tmp_path / "a.opus", seconds=8.0), 8000)
    agent.until("sounding", "quiet")
    stream = pulse.ask("list", "short", "sink-inputs").split()[0]
    pulse.ask("set-sink-input-volume", stream, "0%")
    pulse.ask("set-sink-input-mute", stream, "1")
    agent.send(do="stop", play="quiet")
    agent.outcome("quiet")

    monitor = Monitor(pulse)
    agent.play("next", a_tone(tmp_path / "b.opus"))

    assert agent.outcome("next")[:2] == ("played", "")
    assert monitor.loudest_db() > -25
