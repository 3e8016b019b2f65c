"""The loudspeaker that is a file: what has been heard is in it, and nothing else."""

from __future__ import annotations

import array
import json
import wave
from pathlib import Path

import pytest

from loa_node.player.wav_speaker import HEADER, WavSpeaker

TENTH = array.array("h", [1000] * 4800).tobytes()  # 100 ms


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "loudspeaker.wav"


def feed_second(speaker: WavSpeaker, play: str = "p1") -> None:
    speaker.begin(play)
    for n in range(10):
        speaker.feed(TENTH, 100.0 + n / 10)


def milliseconds(path: Path) -> float:
    with wave.open(str(path)) as file:
        return int(file.getnframes()) / 48


def test_a_sample_enters_the_file_when_its_moment_has_passed(path: Path) -> None:
    speaker = WavSpeaker(path)
    feed_second(speaker)
    speaker.advance(100.35)

    assert milliseconds(path) == 400
    assert speaker.sounding(100.35)
    assert speaker.first_at == 100.0


def test_a_play_is_over_when_its_last_sample_has_sounded(path: Path) -> None:
    speaker = WavSpeaker(path)
    feed_second(speaker)
    speaker.advance(100.95)
    assert speaker.sounding(100.95)

    assert not speaker.sounding(101.01)
    assert speaker.heard_ms == 1000
    assert speaker.buffers == 10


def test_what_is_cut_off_is_never_heard(path: Path) -> None:
    speaker = WavSpeaker(path)
    feed_second(speaker)
    speaker.cut(100.25)
    speaker.feed(TENTH, 100.3)
    speaker.advance(200.0)

    assert milliseconds(path) == 300


def test_a_hole_is_heard_as_silence_and_counted(path: Path) -> None:
    speaker = WavSpeaker(path)
    speaker.begin("p1")
    speaker.feed(TENTH, 100.0)
    speaker.feed(TENTH, 100.6)
    speaker.advance(101.0)

    assert speaker.gap_ms == 500
    assert milliseconds(path) == 700


@pytest.mark.parametrize(("gain", "loudest"), [(1.0, 1000), (0.5, 500), (0.0, 0)])
def test_the_volume_applies_to_what_is_heard_from_now_on(
    path: Path, gain: float, loudest: int
) -> None:
    speaker = WavSpeaker(path)
    feed_second(speaker)
    speaker.gain = gain
    speaker.advance(101.0)

    with wave.open(str(path)) as file:
        samples = array.array("h", file.readframes(file.getnframes()))
    assert max(samples) == loudest


def test_another_run_goes_on_where_the_last_one_was_killed(path: Path) -> None:
    speaker = WavSpeaker(path)
    feed_second(speaker)
    speaker.advance(101.0)
    with path.open("ab") as file:
        file.write(b"\1")  # half a sample

    again = WavSpeaker(path)
    feed_second(again, "p2")
    again.advance(101.0)
    again.close()

    assert milliseconds(path) == 2000
    assert path.stat().st_size == HEADER + 2 * 96_000


def test_the_index_says_where_each_play_begins_and_ends(path: Path) -> None:
    speaker = WavSpeaker(path)
    feed_second(speaker)
    speaker.advance(101.0)
    feed_second(speaker, "p2")
    speaker.advance(100.45)
    speaker.cut(100.45)
    speaker.cut(100.5)

    lines = map(json.loads, path.with_suffix(".jsonl").read_text().splitlines())
    assert [(x["play"], x["event"], x["offset_ms"]) for x in lines] == [
        ("p1", "start", 0),
        ("p2", "start", 1000),
        ("p2", "end", 1500),
    ]


def test_no_sample_of_the_play_before_lies_after_the_next_ones_beginning(path: Path) -> None:
    speaker = WavSpeaker(path)
    speaker.begin("p1")
    speaker.feed(TENTH + bytes(2 * 47), 100.0)  # a busy machine leaves lengths of no whole ms
    speaker.advance(101.0)
    feed_second(speaker, "p2")
    speaker.advance(101.0)

    first, second = map(json.loads, path.with_suffix(".jsonl").read_text().splitlines())
    assert (first["offset_ms"], second["offset_ms"]) == (0, 101)
