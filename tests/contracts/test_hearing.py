"""What the district makes of a voice and what a hamlet's microphone takes of it, in a room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from loa_node import hearing
from loa_server.media import fingerprint
from parts.room import RATE, Room, Wave, as_samples, decoded

pytestmark = pytest.mark.parts

CONTENT = Path(__file__).resolve().parents[2] / "content"
VOICES = [
    *sorted((CONTENT / "samples" / "voices").glob("*.opus")),
    CONTENT / "sounds" / "alert-flood-vi.opus",  # the other alerts say some of the same
    CONTENT / "sounds" / "claim-intro-vi.opus",
]
BEFORE, AFTER = RATE // 2, RATE  # as much as the player listens around the reference


@dataclass(frozen=True)
class Voice:
    sound: Wave
    at: int
    reference: bytes

    def around(self, room: Room, snr_db: float) -> bytes:
        """What the microphone takes while it plays."""
        heard = room.hears(self.sound, snr_db)
        quiet = room.noise(BEFORE) * heard.std()
        taken = np.concatenate([quiet, heard, quiet, quiet])
        return hearing.signs(as_samples(taken[self.at : self.at + 6 * RATE + BEFORE + AFTER]))


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> list[Voice]:
    made = []
    for path in VOICES:
        signs = fingerprint.make(path, tmp_path_factory.mktemp("signs").resolve(), 60)
        made.append(Voice(decoded(path), signs.at_ms * RATE // 1000, signs.path.read_bytes()))
    return made


@pytest.fixture
def room() -> Room:
    return Room(np.random.default_rng(1))


def test_district_and_hamlet_make_the_same_signs_of_the_same_sound(voices: list[Voice]) -> None:
    for voice in voices:
        samples = [int(s) for s in voice.sound[max(0, voice.at - RATE) : voice.at + 6 * RATE]]
        ours = hearing.signs(samples)[-len(voice.reference) :]
        apart = int.from_bytes(ours, "little") ^ int.from_bytes(voice.reference, "little")
        assert apart.bit_count() < 0.35 * 8 * len(ours)  # in pauses chance decides, here and there


def test_under_ten_times_its_power_of_noise_a_voice_is_heard(
    voices: list[Voice], room: Room
) -> None:
    scores = [hearing.score(v.around(room, -10), v.reference) for v in voices for _ in range(20)]

    assert sum(z >= hearing.HEARD for z in scores) >= 0.99 * len(scores)


def test_noise_is_never_taken_for_a_voice(voices: list[Voice], room: Room) -> None:
    n = 6 * RATE + BEFORE + AFTER
    noises = [kind(n) for kind in (room.white, room.pink, room.motor, room.music) for _ in "123"]

    for noise in noises:
        taken = hearing.signs(as_samples(noise))
        assert all(hearing.score(taken, voice.reference) < hearing.HEARD for voice in voices)


def test_another_voice_is_never_taken_for_this_one(voices: list[Voice], room: Room) -> None:
    n = 6 * RATE + BEFORE + AFTER
    for other in voices:
        taken = hearing.signs(as_samples(np.resize(room.hears(other.sound, 20), n)))
        here = [v for v in voices if v is not other]
        assert all(hearing.score(taken, voice.reference) < hearing.HEARD for voice in here)


def test_a_voice_shorter_than_six_seconds_is_compared_as_a_whole(
    room: Room, tmp_path: Path
) -> None:
    short = CONTENT / "sounds" / "drill-vi.opus"
    made = fingerprint.make(short, tmp_path.resolve(), 60)
    voice = Voice(decoded(short), made.at_ms * RATE // 1000, made.path.read_bytes())

    assert (made.at_ms, made.bytes) == (0, len(voice.sound) // 16)
    assert hearing.score(voice.around(room, 0), voice.reference) >= hearing.HEARD
