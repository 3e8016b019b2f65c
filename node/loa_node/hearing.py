"""Was it heard? 1-bit correlation of what a microphone took with what should have sounded. Pure.

    samples -> band-pass 350-1800 Hz -> one sign each 1/4000 s -> slide the reference over it -> z

z is the best match in standard deviations: of chance, or of the other positions where those
scatter wider, as under another voice or a motor. Speech through a horn, with echo, a drifting
clock and ten times as much noise as sound scores above 7; no noise and no other voice did
(NODE.md §1, tests/bench/bench_hearing.py). A lasting tone fits everywhere and so proves nothing.

The reference is made by the district (loa_server/media/fingerprint.py): the loudest six seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, Literal

RATE: Final = 8000
"""Samples a second that `signs` takes."""
SIGNS: Final = 4000
"""Signs a second, eight in a byte, the first in the lowest bit."""
HEARD: Final = 7.0
UNSURE: Final = 6.0
LOUDER_DB: Final = 6.0
"""A room so much louder than when the loudspeaker was last heard there may drown it."""

Verdict = Literal["heard", "unsure", "not_heard", "no_mic"]

LOW_HZ: Final = 350
HIGH_HZ: Final = 1800


def signs(samples: Iterable[int]) -> bytes:
    """Of each second one of `samples` (at 8 kHz), band-passed: 1 is not negative."""
    bits = ["1" if y >= 0 else "0" for y in _band_passed(samples)]
    bits = bits[: len(bits) - len(bits) % 8]
    return int("".join(reversed(bits)) or "0", 2).to_bytes(len(bits) // 8, "little")


def score(taken: bytes, reference: bytes) -> float:
    """The z of the best position of the reference within what was taken, 0.0 without a place."""
    n = len(reference) * 8
    places = len(taken) * 8 - n + 1
    if n == 0 or places <= 0:
        return 0.0
    sounds, expected = int.from_bytes(taken, "little"), int.from_bytes(reference, "little")
    mask = (1 << n) - 1
    best = squares = 0
    for place in range(places):
        # agreements less disagreements; an amplifier may turn the polarity round
        apart = abs(n - 2 * (((sounds >> place) & mask) ^ expected).bit_count())
        squares += apart * apart
        best = max(best, apart)
    return best / max(math.sqrt(n), math.sqrt(squares / places))


def level_db(samples: Sequence[int]) -> float:
    """Root mean square in dB below full scale; -inf for a line on which nothing moves."""
    if not samples or min(samples) == max(samples):
        return -math.inf
    return 10 * math.log10(sum(s * s for s in samples) / len(samples) / 32768**2 + 1e-12)


def judge(z: float, level: float, usual: float | None) -> Verdict:
    """`level` of what was taken now, `usual` when the loudspeaker was last heard; both in dB."""
    if level == -math.inf:
        return "no_mic"  # an input that gives always the same is not connected
    if z >= HEARD:
        return "heard"
    drowned = usual is not None and level > usual + LOUDER_DB
    return "unsure" if z >= UNSURE or drowned else "not_heard"


def _band_passed(samples: Iterable[int]) -> list[float]:
    """Every second sample after a high and a low pass of second order; gains change no sign."""
    (h1, h2), (l1, l2) = _poles(LOW_HZ), _poles(HIGH_HZ)
    u1 = u2 = v1 = v2 = 0.0
    passed = []
    kept = True
    for sample in samples:
        u = sample - h1 * u1 - h2 * u2
        v = u - 2 * u1 + u2 - l1 * v1 - l2 * v2
        if kept:
            passed.append(v + 2 * v1 + v2)
        kept = not kept
        u2, u1, v2, v1 = u1, u, v1, v
    return passed


def _poles(hertz: int) -> tuple[float, float]:
    """Of a Butterworth section, as in R. Bristow-Johnson's cookbook and in ffmpeg."""
    angle = 2 * math.pi * hertz / RATE
    alpha = math.sin(angle) / math.sqrt(2)
    return -2 * math.cos(angle) / (1 + alpha), (1 - alpha) / (1 + alpha)
