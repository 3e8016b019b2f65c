"""What is not a recording is refused, each with its own sentence, and leaves nothing behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from loa_server.media import ffmpeg as ours
from loa_server.media import voice
from loa_server.media.refusal import MediaRefusedError
from parts.recordings import converted, ffmpeg, first_half, speech

pytestmark = pytest.mark.parts


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def code_for(source: Path, job: Path) -> str:
    with pytest.raises(MediaRefusedError) as refused:
        voice.prepare_voice(source, job)
    assert len(refused.value.vi) > 20
    assert list(job.iterdir()) == []
    return refused.value.code


def written(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path


NOT_SOUND: dict[str, Callable[[Path], Path]] = {
    "a letter": lambda d: written(d / "a.mp3", "Kính gửi bà con.\n".encode() * 900),
    "a web page": lambda d: written(d / "a.mp3", b"<!doctype html><html><body>404</body></html>"),
    "noise": lambda d: written(d / "a.mp3", os.urandom(200_000)),
    "a photograph": lambda d: written(d / "a.wav", b"\xff\xd8\xff\xe0" + os.urandom(50_000)),
    "a zip": lambda d: written(d / "a.m4a", b"PK\x03\x04" + os.urandom(50_000)),
    "a format nobody has": lambda d: converted(speech(d / "s.wav", 2), d / "a.voc"),
}


@pytest.mark.parametrize("what", NOT_SOUND)
def test_what_is_not_a_recording_is_refused_in_words(tmp_path: Path, job: Path, what: str) -> None:
    assert code_for(NOT_SOUND[what](tmp_path), job) == "not_audio"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a.mp3", "truncated"),
        ("a.wav", "truncated"),
        ("a.flac", "truncated"),
        ("a.webm", "truncated"),
        ("a.m4a", "truncated_unknown"),
    ],
)
def test_a_recording_cut_off_half_way_is_refused_and_whole_it_is_taken(
    tmp_path: Path, job: Path, name: str, code: str
) -> None:
    whole = speech(tmp_path / name, 20)
    cut = first_half(whole, tmp_path / f"cut-{name}")

    assert code_for(cut, job) == code
    assert voice.prepare_voice(whole, job).duration_ms == pytest.approx(
        20_000 + voice.LEAD_IN_MS, abs=150
    )


def test_the_sentence_says_how_much_is_missing(tmp_path: Path, job: Path) -> None:
    cut = first_half(speech(tmp_path / "a.mp3", 130), tmp_path / "cut.mp3")

    with pytest.raises(MediaRefusedError) as refused:
        voice.prepare_voice(cut, job)

    assert "2:10" in refused.value.vi
    assert "1:05" in refused.value.vi


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (lambda d: written(d / "a.mp3", b""), "empty"),
        (lambda d: written(d / "a.mp3", b"#EXTM3U\n#EXTINF:9,\nhttp://x/a.mp3\n"), "playlist"),
        (lambda d: converted(speech(d / "s.wav", 2), d / "a.wav", "-t", "0.4"), "too_short"),
        (lambda d: speech(d / "a.wav", 5, "volume=0"), "silent"),
        (lambda d: speech(d / "a.wav", 5, "volume=-60dB"), "silent"),
        (lambda d: silent_film(d / "a.mp4"), "no_sound"),
    ],
)
def test_each_fault_has_its_own_code(
    tmp_path: Path, job: Path, source: Callable[[Path], Path], code: str
) -> None:
    assert code_for(source(tmp_path), job) == code


def silent_film(path: Path) -> Path:
    ffmpeg("-f", "lavfi", "-i", "testsrc=duration=3:size=160x120", "-c:v", "mpeg4", path)
    return path


def test_half_an_hour_is_the_longest(tmp_path: Path, job: Path) -> None:
    long = tmp_path / "long.flac"
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=300:duration=1810:sample_rate=8000", long)

    assert code_for(long, job) == "too_long"


def test_a_length_that_nobody_declared_is_counted(tmp_path: Path, job: Path) -> None:
    long = tmp_path / "long.aac"
    ffmpeg(
        *("-f", "lavfi", "-i", "sine=frequency=300:duration=1810:sample_rate=8000"),
        *("-c:a", "aac", "-b:a", "12k", "-f", "adts", long),
    )

    assert code_for(long, job) == "too_long"


def test_a_hundred_megabytes_is_the_largest(tmp_path: Path, job: Path) -> None:
    large = tmp_path / "large.wav"
    with large.open("wb") as f:
        f.truncate(voice.LARGEST + 1)  # a hole: takes no room on the disk

    assert code_for(large, job) == "too_large"


def test_a_playlist_cannot_pull_in_another_file_of_the_server(tmp_path: Path, job: Path) -> None:
    """Past the look at its first bytes, too: with a plain ffmpeg the other file's sound comes."""
    speech(tmp_path / "secret.mp3", 5)
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.mp3\n#EXT-X-ENDLIST\n"
    trap = written(tmp_path / "news.mp3", playlist)

    with pytest.raises(MediaRefusedError) as refused:
        ours.probe(trap, job)
    assert refused.value.code == "not_audio"
    with pytest.raises(ours.ConversionError):
        ours.run(ours.Job(trap, job, ("anull",), ("-f", "null", "-"), 60), lambda _seconds: None)

    leaked = tmp_path / "leaked.wav"
    ffmpeg("-i", trap, leaked)
    assert leaked.stat().st_size > 100_000


def test_a_file_that_is_two_things_at_once_leaves_only_its_sound(tmp_path: Path, job: Path) -> None:
    body = speech(tmp_path / "a.mp3", 4).read_bytes()
    both = written(tmp_path / "both.mp3", body + b"<script>alert(1)</script>PK\x05\x06" + bytes(18))

    made = voice.prepare_voice(both, job)

    assert b"script" not in made.path.read_bytes()
    assert made.path.read_bytes()[:4] == b"OggS"
