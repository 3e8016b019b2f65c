"""A loudspeaker that is a WAV file, for laptops, the demo and the journeys.

libVLC's own file output starts the file anew at every play, runs over a second ahead of real
time and writes what a pre-emption then cuts off. So libVLC hands its samples here with the moment
each is due, and a sample enters the file when that moment has passed: the file holds, in order,
what people beside a real loudspeaker would have heard, and a play takes as long as it should.

Beside the WAV is a .jsonl with a line for each start and end: {play, event, offset_ms, at_ms}.
"""

from __future__ import annotations

import array
import json
import struct
import time
from collections import deque
from pathlib import Path
from typing import BinaryIO

RATE = 48_000
WIDTH = 2  # bytes of a sample: signed 16 bit, mono
HEADER = 44
LONGEST = 512 * 1024 * 1024  # about 93 minutes; then the file is set aside and begun again
GAP_S = 0.04  # libVLC stamps buffers to a few milliseconds; more than this is silence heard


class WavSpeaker:
    """`feed` is called by libVLC's thread, the rest by the player's; a deque stands between."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index = path.with_suffix(".jsonl")
        self._due: deque[tuple[float, bytes]] = deque()
        self._file = _open(path)
        self._size = _whole(path.stat().st_size - HEADER)
        self._play = ""
        self._began_at = 0.0
        self._ends_at = 0.0
        self._written = 0
        self._gaps = 0
        self.buffers = 0  # heard so far
        self._open = False
        self.gain = 1.0  # as libVLC sets it; 0 is muted

    def begin(self, play: str) -> None:
        if self._size > LONGEST:
            self._set_aside()
        self._due.clear()
        self._play, self._began_at, self._ends_at = play, 0.0, 0.0
        self._written = self._gaps = self.buffers = 0
        self._open = True

    def feed(self, samples: bytes, due_at: float) -> None:
        if self._open:
            self._due.append((due_at, samples))

    def advance(self, now: float) -> None:
        """Writes what has been heard by now; times are time.monotonic() seconds."""
        heard = bytearray()
        while self._due and self._due[0][0] <= now:
            due_at, samples = self._due.popleft()
            if not self._began_at:
                self._began_at = due_at
                self._note("start", due_at)
            elif due_at - self._ends_at > GAP_S:
                gap = int((due_at - self._ends_at) * RATE) * WIDTH
                self._gaps += gap
                heard += bytes(gap)
            heard += _amplified(samples, self.gain)
            self.buffers += 1
            self._ends_at = max(self._ends_at, due_at) + _seconds(samples)
        if heard:
            self._append(heard)

    def cut(self, now: float) -> None:
        """Silence from now on: what was not yet due is never written."""
        if not self._open:
            return
        self._open = False
        self.advance(now)
        if self._began_at:
            self._note("end", min(now, self._ends_at))
        self._due.clear()

    @property
    def first_at(self) -> float:
        """When the first sample sounded, 0 before it has."""
        return self._began_at

    @property
    def heard_ms(self) -> int:
        return self._written * 1000 // (RATE * WIDTH)

    @property
    def gap_ms(self) -> int:
        return self._gaps * 1000 // (RATE * WIDTH)

    def sounding(self, now: float) -> bool:
        """Is there more to come of what was fed?"""
        return bool(self._due) or now < self._ends_at

    def close(self) -> None:
        self._file.close()

    def _append(self, samples: bytes | bytearray) -> None:
        self._file.seek(HEADER + self._size)
        self._file.write(samples)
        self._size += len(samples)
        self._written += len(samples)
        self._file.seek(0)
        self._file.write(header(self._size))
        self._file.flush()

    def _note(self, event: str, at: float) -> None:
        line = {
            "play": self._play,
            "event": event,
            # Rounded up: the play before may have ended within this millisecond.
            "offset_ms": -(-self._size * 1000 // (RATE * WIDTH)),
            "at_ms": round((time.time() - time.monotonic() + at) * 1000),
        }
        with self._index.open("a", encoding="utf-8") as index:
            index.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _set_aside(self) -> None:
        self._file.close()
        for path in (self._path, self._index):
            if path.exists():
                path.replace(path.with_stem(path.stem + "-earlier"))
        self._file, self._size = _open(self._path), 0


def header(size: int) -> bytes:
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", size + HEADER - 8, b"WAVE", b"fmt ", 16),
        *(1, 1, RATE, RATE * WIDTH, WIDTH, 8 * WIDTH),
        *(b"data", size),
    )


def _open(path: Path) -> BinaryIO:
    """Goes on where an earlier run stopped, whatever state a kill left the file in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_size < HEADER:
        path.write_bytes(header(0))
    return path.open("r+b")


def _whole(size: int) -> int:
    return size - size % WIDTH


def _amplified(samples: bytes, gain: float) -> bytes:
    if gain >= 1.0:
        return samples
    quieter = array.array("h", samples)
    for n, sample in enumerate(quieter):
        quieter[n] = int(sample * gain)
    return quieter.tobytes()


def _seconds(samples: bytes) -> float:
    return len(samples) / (RATE * WIDTH)
