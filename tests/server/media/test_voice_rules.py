"""The decisions of the voice, without a converter."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from loa_server.media import ffmpeg, voice
from loa_server.media.refusal import MediaRefusedError
from loa_server.media.voice import Decoded, Measured, Setting


def a_measure(**changes: float) -> Measured:
    values = {"seconds": 60.0, "lufs": -16.0, "true_peak": -3.0, **changes}
    return Measured(silences=[], **values)


def a_wav(path: Path, data_bytes: int, rate: int = 16_000) -> Path:
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    extra = struct.pack("<4sI", b"LIST", 3) + b"abc\0"
    data = struct.pack("<4sI", b"data", data_bytes)
    path.write_bytes(b"RIFF" + bytes(4) + b"WAVE" + fmt + extra + data)
    return path


def test_a_wav_says_how_long_it_should_be(tmp_path: Path) -> None:
    assert voice.wav_declares(a_wav(tmp_path / "a.wav", 16_000 * 2 * 90)) == 90


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_written_by_a_program_that_streams_declares_nothing(
    tmp_path: Path, size: int
) -> None:
    assert voice.wav_declares(a_wav(tmp_path / "a.wav", size)) is None


@pytest.mark.parametrize("body", [b"", b"RIFF", b"ID3\x04", b"RIFF....WAVE", b"RIFF....WAVEdata"])
def test_what_is_no_wav_declares_nothing(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "a").write_bytes(body)

    assert voice.wav_declares(tmp_path / "a") is None


def test_the_trim_goes_to_the_target_but_never_above_the_peak() -> None:
    assert a_measure(lufs=-18.5, true_peak=-6.0).trim == 2.5
    assert a_measure(lufs=-18.5, true_peak=-2.0).trim == 0.5
    assert a_measure(lufs=-16.2, true_peak=-0.5).trim == -1.0


def test_what_the_trim_cannot_reach_is_encoded_again() -> None:
    assert a_measure(lufs=-16.0, true_peak=-1.0).within_reach
    assert not a_measure(lufs=-18.5, true_peak=-2.0).within_reach


def test_a_second_try_is_louder_into_a_lower_limiter() -> None:
    first = Setting(lift=0.0)

    second = voice.corrected(first, a_measure(lufs=-17.5, true_peak=-0.5))

    assert second.ceiling < first.ceiling
    assert second.gain > first.gain


@pytest.mark.parametrize(
    ("silences", "codes"),
    [
        ([], []),
        ([(10.0, 5.0)], []),
        ([(55.0, 5.0)], ["trailing_silence"]),
        ([(0.0, 20.0)], ["much_silence"]),
        ([(30.0, 30.0)], ["much_silence", "trailing_silence"]),
    ],
)
def test_silence_is_remarked_upon(silences: list[tuple[float, float]], codes: list[str]) -> None:
    measured = Measured(60.0, -16.0, -3.0, silences)

    assert [w.code for w in voice.warnings_of(a_decoded(), measured)] == codes


def a_decoded(seconds: float = 60.0, lufs: float = -20.0, clips: float = 0) -> Decoded:
    return Decoded(Path("decoded.wav"), seconds, lufs, clips)


def test_a_few_full_samples_are_not_clipping() -> None:
    assert voice.warnings_of(a_decoded(clips=3), a_measure()) == []
    assert [w.code for w in voice.warnings_of(a_decoded(clips=300), a_measure())] == ["clipping"]


def test_95_percent_of_what_was_declared_must_be_there() -> None:
    voice.refuse_unusable(a_decoded(seconds=57.1), declared=60.0)

    with pytest.raises(MediaRefusedError) as refused:
        voice.refuse_unusable(a_decoded(seconds=56.9), declared=60.0)

    assert refused.value.code == "truncated"


def test_measurements_are_read_from_what_ffmpeg_says() -> None:
    log = (
        "[silencedetect @ 0x5] silence_start: 8.01\n"
        "[silencedetect @ 0x5] silence_end: 28 | silence_duration: 19.99\n"
        "  Integrated loudness:\n    I:         -16.3 LUFS\n  True peak:\n    Peak:       -inf dBFS"
    )

    assert ffmpeg.said(log, "I", 0.0) == -16.3
    assert ffmpeg.said(log, "Peak", 0.0) == float("-inf")
    assert ffmpeg.said(log, "Flat factor", 7.0) == 7.0
    assert ffmpeg.silences(log) == [(8.01, 19.99)]
