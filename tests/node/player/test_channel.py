"""The thread that owns the sound, with a loudspeaker that does what the test says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from fakes.sound import FakeSound
from loa_node.lines import Message
from loa_node.player.channel import Channel
from loa_node.player.orders import Play, Stop
from loa_node.player.sound import Heard, Reading, What

SOUNDED = Reading(decoded=40, played=20, first_at=10.01)


class Stage:
    """A channel, its loudspeaker, and a clock that the test turns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "a.opus"
        self.file.write_bytes(b"OggS" + bytes(60))
        self.sound = FakeSound()
        self.inbox: SimpleQueue[Any] = SimpleQueue()
        self.said: list[Message] = []
        self.time = 10.0
        self.channel = Channel(self.sound, self.inbox, self.said.append, folder, lambda: self.time)

    def play(self, play: str = "p1", **more: Any) -> None:
        self.give(Play(play, more.pop("path", self.file), **more))

    def hear(self, what: What, at: float | None = None, turn: int | None = None) -> None:
        self.give(Heard(turn or self.sound.turn, what, self.time if at is None else at))

    def give(self, item: object) -> None:
        self.inbox.put(item)
        self.channel.work_once()

    def at(self, time: float, reading: Reading | None = None) -> None:
        self.time = time
        if reading is not None:
            self.sound.now = reading
        self.channel.work_once()

    def outcomes(self) -> list[tuple[str, str, str]]:
        return [
            (said["play"], said["result"], said["reason"])
            for said in self.said
            if said["is"] == "outcome"
        ]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_play_is_announced_at_its_first_sample_with_the_time_since_the_order(
    stage: Stage,
) -> None:
    stage.play(signed_ms=2000)
    stage.at(10.02, SOUNDED)
    stage.at(10.04)

    assert [x for x in stage.said if x["is"] == "sounding"] == [
        {"is": "sounding", "play": "p1", "latency_ms": 10, "monotonic_us": 10_010_000}
    ]


def test_a_play_that_ended_in_its_time_is_played(stage: Stage) -> None:
    stage.play(signed_ms=2000)
    stage.hear("playing")
    stage.at(10.02, SOUNDED)
    stage.hear("ended", at=12.0)
    stage.at(12.1)

    assert stage.outcomes() == [("p1", "played", "")]
    assert stage.channel.playing is None


def test_a_play_is_not_over_while_its_last_sound_is_still_to_come(stage: Stage) -> None:
    stage.play(signed_ms=2000)
    stage.hear("playing")
    stage.hear("ended", at=11.0)
    stage.at(11.1, Reading(decoded=40, played=20, first_at=10.01, heard_ms=1000, more=True))
    assert stage.outcomes() == []

    stage.at(12.1, Reading(decoded=40, played=20, first_at=10.01, heard_ms=2000))
    assert stage.outcomes() == [("p1", "played", "")]


def test_the_end_of_a_play_that_was_cut_off_does_not_end_the_next(stage: Stage) -> None:
    stage.play("normal", signed_ms=2000)
    stage.play("emergency", signed_ms=2000)
    stage.hear("ended", turn=1)
    stage.at(10.5, SOUNDED)

    assert stage.outcomes() == [("normal", "stopped", "preempted")]
    assert stage.channel.playing == "emergency"
    assert stage.sound.stops == 0  # libVLC changes over by itself, faster than by a stop


def test_three_seconds_without_a_new_buffer_are_a_stall(stage: Stage) -> None:
    stage.play(signed_ms=20_000)
    stage.at(11.0, SOUNDED)
    stage.at(13.9)
    assert stage.outcomes() == []

    stage.at(14.1)
    assert stage.outcomes() == [("p1", "partial", "stalled")]
    assert stage.sound.stops == 1


def test_a_sound_server_that_dies_half_way_ends_the_play_though_the_counters_rise(
    stage: Stage,
) -> None:
    stage.play(signed_ms=20_000)
    stage.at(11.0, SOUNDED)
    stage.hear("output_error")
    stage.at(12.1, Reading(decoded=90, played=45, first_at=10.01))

    assert stage.outcomes() == [("p1", "partial", "output_error")]


def test_a_device_that_is_not_there_is_known_within_a_second(stage: Stage) -> None:
    stage.play(signed_ms=300_000)
    stage.hear("output_error")
    stage.at(11.1, Reading(decoded=30))

    assert stage.outcomes() == [("p1", "failed", "device_lost")]


def test_volume_is_asserted_when_it_plays_and_again_two_tenths_later(stage: Stage) -> None:
    stage.play(volume=70)
    stage.hear("playing")
    stage.at(10.1, SOUNDED)
    assert stage.sound.asserted == [70]

    stage.at(10.3)
    stage.at(10.4)
    assert stage.sound.asserted == [70, 70]


def test_silence_of_the_lead_in_comes_first_and_counts_for_nothing(stage: Stage) -> None:
    stage.play(signed_ms=2000, lead_ms=500)
    stage.at(10.02, SOUNDED)
    stage.give(Stop("p1"))

    assert stage.sound.started == [("p1#lead-in", "lead-500.wav", 100)]
    assert stage.outcomes() == [("p1", "stopped", "stopped")]
    assert stage.said[-1]["played"] == 0
    assert stage.said[-1]["evidence"] == "command"


def test_the_bulletin_follows_its_lead_in(stage: Stage) -> None:
    stage.play(signed_ms=2000, lead_ms=500)
    stage.hear("ended", at=10.5)
    stage.at(10.6, SOUNDED)

    assert [name for name, _, _ in stage.sound.started] == ["p1#lead-in", "p1"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.unlink(), "missing_file"),
        (lambda path: path.write_bytes(b"<html>"), "not_audio"),
    ],
)
def test_what_is_no_sound_is_refused_and_silences_what_played(
    stage: Stage, spoil: Callable[[Path], object], reason: str
) -> None:
    stage.play("p1")
    spoil(stage.file)
    stage.play("p2")

    assert stage.outcomes() == [("p1", "stopped", "preempted"), ("p2", "failed", reason)]
    assert stage.sound.stops == 1


def test_the_end_of_the_program_is_told_of_the_play_under_way(stage: Stage) -> None:
    stage.play("p1")
    stage.inbox.put(None)

    assert stage.channel.work_once() is False
    assert stage.outcomes() == [("p1", "stopped", "shutdown")]
