"""Recordings as people have them become one kind of file, equally loud."""

from __future__ import annotations

import hashlib
import subprocess
import time
from pathlib import Path

import pytest
import vlc

from loa_server.media import opus, voice
from parts.recordings import converted, ffmpeg, loudness, speech
from parts.sound import samples_of

pytestmark = pytest.mark.parts


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def test_five_minutes_fit_in_0_95_mb_at_16_lufs_with_room_above_the_peak(
    tmp_path: Path, job: Path
) -> None:
    source = speech(tmp_path / "bulletin.wav", 300)

    made = voice.prepare_voice(source, job)

    assert made.bytes == made.path.stat().st_size <= 950_000
    assert abs(made.duration_ms - voice.LEAD_IN_MS - 300_000) <= 100
    measured = loudness(made.path)
    assert measured.lufs == pytest.approx(-16, abs=1)
    assert measured.true_peak <= -1.5
    assert made.lufs == pytest.approx(measured.lufs, abs=0.2)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("phone.m4a", ("-c:a", "aac")),
        ("music.mp3", ("-c:a", "libmp3lame")),
        ("chat.ogg", ("-c:a", "libopus")),
        ("old.ogg", ("-c:a", "libvorbis")),
        ("studio.flac", ("-c:a", "flac", "-ac", "2")),
        ("recorder.webm", ("-c:a", "libopus", "-f", "webm")),
        ("raw.aac", ("-c:a", "aac", "-f", "adts")),
        ("small.wav", ("-c:a", "pcm_alaw", "-ar", "8000")),
    ],
)
def test_every_usual_format_is_taken(
    tmp_path: Path, job: Path, name: str, codec: tuple[str, ...]
) -> None:
    source = converted(speech(tmp_path / "said.wav", 8), tmp_path / name, *codec)

    made = voice.prepare_voice(source, job)

    assert made.type == "audio/ogg; codecs=opus"
    assert made.duration_ms == pytest.approx(8000 + voice.LEAD_IN_MS, abs=120)
    assert loudness(made.path).lufs == pytest.approx(-16, abs=1)


@pytest.mark.parametrize("filters", ["volume=-30dB", "volume=20dB", "highpass=f=800"])
def test_a_voice_recorded_too_softly_or_too_loudly_comes_out_as_loud_as_the_rest(
    tmp_path: Path, job: Path, filters: str
) -> None:
    made = voice.prepare_voice(speech(tmp_path / "a.wav", 10, filters), job)

    measured = loudness(made.path)
    assert measured.lufs == pytest.approx(-16, abs=1)
    assert measured.true_peak <= -1.5


def test_a_browser_recording_that_declares_no_length_is_taken(tmp_path: Path, job: Path) -> None:
    source = tmp_path / "recording.webm"
    said = speech(tmp_path / "said.wav", 6)
    stream = f"ffmpeg -v error -i {said} -c:a libopus -f webm - | cat > {source}"
    subprocess.run(["sh", "-c", stream], check=True)

    made = voice.prepare_voice(source, job)

    assert made.duration_ms == pytest.approx(6000 + voice.LEAD_IN_MS, abs=120)


def test_a_telephone_video_and_a_song_with_a_cover_give_their_sound(
    tmp_path: Path, job: Path
) -> None:
    said = speech(tmp_path / "said.wav", 5)
    video = tmp_path / "clip.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc=duration=5:size=160x120", "-i", said)
    ffmpeg(*picture, "-c:v", "mpeg4", "-c:a", "aac", "-shortest", video)

    assert voice.prepare_voice(video, job).duration_ms == pytest.approx(
        5000 + voice.LEAD_IN_MS, abs=200
    )


def test_the_result_and_its_fingerprint_are_all_that_is_left_and_it_says_nothing_about_its_origin(
    tmp_path: Path, job: Path
) -> None:
    source = speech(tmp_path / "a.mp3", 4, "anull", "-metadata", "artist=Nguyen Van A")

    made = voice.prepare_voice(source, job)

    assert sorted(f.name for f in job.iterdir()) == ["voice.opus", "voice.signs"]
    assert made.fingerprint.sha256 == hashlib.sha256((job / "voice.signs").read_bytes()).hexdigest()
    assert b"Nguyen" not in made.path.read_bytes()


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path, job: Path) -> None:
    source, again = speech(tmp_path / "a.wav", 4), tmp_path / "again"
    again.mkdir()

    assert voice.prepare_voice(source, job).sha256 == voice.prepare_voice(source, again).sha256


def test_progress_only_grows_and_ends_at_one(tmp_path: Path, job: Path) -> None:
    told: list[float] = []

    voice.prepare_voice(speech(tmp_path / "a.wav", 6), job, progress=told.append)

    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 4


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ("volume=30dB", "clipping"),
        ("apad=pad_dur=20", "trailing_silence"),
        ("apad=pad_dur=20", "much_silence"),
    ],
)
def test_the_author_is_warned_of_what_they_should_hear_again(
    tmp_path: Path, job: Path, filters: str, code: str
) -> None:
    source = converted(speech(tmp_path / "a.wav", 8), tmp_path / "b.wav", "-af", filters)

    assert code in {w.code for w in voice.prepare_voice(source, job).warnings}


def test_a_plain_recording_brings_no_warning(tmp_path: Path, job: Path) -> None:
    source = speech(tmp_path / "a.wav", 8, "volume=-12dB")

    assert voice.prepare_voice(source, job).warnings == ()


def test_libvlc_plays_the_trim_that_ffmpeg_measures(tmp_path: Path, job: Path) -> None:
    """The gain in the file's head is what makes bulletins equal: a node must apply it, too."""
    plain = voice.prepare_voice(speech(tmp_path / "a.wav", 3), job).path
    quieter = tmp_path / "quieter.opus"
    quieter.write_bytes(plain.read_bytes())
    opus.trim(quieter, -12.0)

    assert loudness(quieter).lufs == pytest.approx(loudness(plain).lufs - 12, abs=0.3)
    assert played_level(quieter, tmp_path) == pytest.approx(
        played_level(plain, tmp_path) / 4, rel=0.1
    )


def played_level(path: Path, folder: Path) -> float:
    """Loudest sample, 0..1, of what libVLC sent to its output."""
    heard = folder / f"{path.stem}.heard.wav"
    arguments = ("--intf=dummy", "--no-video", "--quiet", "--aout=afile")
    instance = vlc.Instance(*arguments, f"--audiofile-file={heard}")
    player = instance.media_player_new(str(path))
    player.play()
    while player.get_state() not in {vlc.State.Ended, vlc.State.Error}:
        time.sleep(0.02)
    player.stop()
    player.release()
    instance.release()
    samples, _rate = samples_of(heard)
    return float(abs(samples).max())
