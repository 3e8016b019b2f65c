"""Was it heard? A thousand plays and a thousand that were none, in rooms that differ each time.

Noise is measured over all that a microphone at 8 kHz takes; rooms have horn, echo, 60 ppm of
drift and rain, hum, motors, music or another voice. Run alone with
`PYTHONPATH=tests:node:server python tests/bench/bench_hearing.py`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from loa_node import hearing
from loa_server.media import fingerprint
from parts.room import RATE, Room, Wave, as_samples, decoded

TRIALS = 1000
GOAL = 0.99
CONTENT = Path(__file__).resolve().parents[2] / "content"
VOICES = [
    *sorted((CONTENT / "samples" / "voices").glob("*.opus")),
    CONTENT / "sounds" / "alert-flood-vi.opus",
    CONTENT / "sounds" / "claim-intro-vi.opus",
]
WINDOW = 6 * RATE + RATE * 3 // 2


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def made(folder: Path) -> list[tuple[Wave, int, bytes]]:
    voices = []
    for n, path in enumerate(VOICES):
        own = folder / str(n)
        own.mkdir()
        signs = fingerprint.make(path, own.resolve(), 60)
        at, sound = signs.at_ms * RATE // 1000, decoded(path)
        begin = max(0, at - 2 * RATE)
        part = sound[begin : at + 8 * RATE]
        voices.append((part, at - begin, signs.path.read_bytes()))
    return voices


def played(room: Room, voices: list[tuple[Wave, int, bytes]], snr_db: float, n: int) -> list[float]:
    scores = []
    for k in range(n):
        sound, at, reference = voices[k % len(voices)]
        heard = room.hears(sound, snr_db)
        quiet = room.noise(RATE) * heard.std()
        taken = np.concatenate([quiet[: RATE // 2], heard, quiet])[at : at + WINDOW]
        scores.append(hearing.score(hearing.signs(as_samples(taken)), reference))
    return scores


def not_played(room: Room, voices: list[tuple[Wave, int, bytes]]) -> list[float]:
    kinds = (room.white, room.pink, room.motor, room.music)
    scores = []
    for k in range(TRIALS):
        mine = k % len(voices)
        other = voices[(mine + 1 + k // len(voices) % (len(voices) - 1)) % len(voices)][0]
        noise = kinds[k % 5](WINDOW) if k % 5 < 4 else np.roll(np.resize(other, WINDOW), 97 * k)
        scores.append(hearing.score(hearing.signs(as_samples(noise)), voices[mine][2]))
    return scores


def measure(folder: Path) -> None:
    room, voices = Room(np.random.default_rng(2026)), made(folder)
    say(f"hearing: {TRIALS} trials, heard at z >= {hearing.HEARD}")
    for snr_db, n in ((0, 200), (-5, 200), (-10, TRIALS), (-15, 200)):
        scores = played(room, voices, snr_db, n)
        share = sum(z >= hearing.HEARD for z in scores) / n
        floor = f"  goal >= {GOAL}" if snr_db == -10 else ""
        low = min(scores)
        told = f"heard {share:.3f}, least z {low:.1f}{floor}"
        say(f"  played, {snr_db:>3} dB SNR, {n:>4} times: {told}")
    scores = not_played(room, voices)
    false = sum(z >= hearing.HEARD for z in scores)
    say(f"  not played: heard {false} of {TRIALS}, highest z {max(scores):.1f}  goal 0")
    noise = as_samples(room.pink(WINDOW))
    began = time.process_time()
    hearing.score(hearing.signs(noise), voices[0][2])
    say(f"  one verdict costs {(time.process_time() - began) * 1000:.0f} ms of this processor")


def bench_hearing() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder))


if __name__ == "__main__":
    bench_hearing()
