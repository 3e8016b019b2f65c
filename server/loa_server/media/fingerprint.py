"""What a hamlet's microphone compares with: the signs of a voice's loudest six seconds.

3,000 bytes for 24,000 signs, one each 1/4000 s after a band-pass of 350-1800 Hz, the first in the
lowest bit. The node makes the same of what its microphone takes (loa_node/hearing.py).
"""

from __future__ import annotations

import array
import hashlib
import random
import sys
from dataclasses import dataclass
from operator import mul
from pathlib import Path
from typing import Final

from loa_server.media import ffmpeg

RATE: Final = 8000
LONGEST: Final = 6 * RATE
BLOCK: Final = RATE // 10
TAIL: Final = RATE * 3 // 2
"""Left free at the end where there is room: so the node has judged when the sound is over."""
BAND: Final = (
    f"aresample={RATE}",
    "aformat=sample_fmts=flt:channel_layouts=mono",
    "highpass=f=350:poles=2",
    "lowpass=f=1800:poles=2",
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    path: Path
    sha256: str
    bytes: int
    at_ms: int  # where in the voice it lies


def make(voice: Path, workdir: Path, longest_s: float) -> Fingerprint:
    """voice.signs in `workdir`, of a voice that is already ours."""
    raw = workdir / "band.s16"
    output = ("-c:a", "pcm_s16le", "-f", "s16le", f"file:{raw}")
    try:
        ffmpeg.run(ffmpeg.Job(voice, workdir, BAND, output, longest_s), lambda _done: None)
        samples = array.array("h", raw.read_bytes())
    finally:
        raw.unlink(missing_ok=True)
    if sys.byteorder == "big":
        samples.byteswap()
    begin = loudest(samples)
    body = signs(samples[begin : begin + LONGEST])
    path = workdir / "voice.signs"
    path.write_bytes(body)
    at_ms = begin * 1000 // RATE
    return Fingerprint(path, hashlib.sha256(body).hexdigest(), len(body), at_ms)


def loudest(samples: array.array[int]) -> int:
    """The sample at which the six seconds with most energy begin."""
    blocks = [samples[at : at + BLOCK] for at in range(0, len(samples), BLOCK)]
    energy = [sum(map(mul, block, block)) for block in blocks]
    width = LONGEST // BLOCK
    room = len(samples) - LONGEST
    last = max(0, room - TAIL if room >= TAIL else room) // BLOCK
    best, most, here = 0, 0, sum(energy[:width])
    for begin in range(last + 1):
        if here > most:
            best, most = begin, here
        here += sum(energy[begin + width : begin + width + 1]) - energy[begin]
    return best * BLOCK


def signs(samples: array.array[int]) -> bytes:
    """Chance stands where a pause has no sign: equal ones would fit upon any other pause."""
    chance = random.Random(len(samples))  # noqa: S311 - the same again for the same voice
    quiet = max(map(abs, samples), default=0) // 200
    bits = ["01"[s > 0 if abs(s) > quiet else chance.getrandbits(1)] for s in samples[::2]]
    bits = bits[: len(bits) - len(bits) % 8]
    return int("".join(reversed(bits)) or "0", 2).to_bytes(len(bits) // 8, "little")
