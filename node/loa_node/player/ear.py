"""Whether a play was heard in the room, judged beside the play in a thread of its own.

first sample known --> wait --> microphone open --> reference passed --> verdict
                        └──────────── abandoned: no verdict ────────────┘
"""

from __future__ import annotations

import array
import contextlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loa_node import hearing
from loa_node.hearing import RATE, Verdict
from loa_node.player.microphone import Microphone, MicrophoneError
from loa_node.player.orders import Play

BEFORE_S: Final = 0.5  # a sound server or a recorder stamps its samples so much too late
AFTER_S: Final = 1.0  # or too early; and sound takes a second for 340 m
OPENING_S: Final = 1.0  # a USB microphone needs this to begin
LONGEST_S: Final = 6.0
HOLE_S: Final = 0.3  # nothing for so long is silence, not a late delivery
LOOK_S: Final = 0.05
MARGIN_S: Final = 2.0  # how long after the last sample a verdict is waited for

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    z: float = 0.0
    level: float = 0.0


class Listening:
    """One play being listened to. `judged` is None until there is a verdict."""

    def __init__(self, order: Play, first_at: float) -> None:
        self.judged: Judged | None = None
        self.abandoned = threading.Event()
        begins = first_at + order.reference_ms / 1000
        ends = begins + LONGEST_S
        if order.signed_ms:
            ends = min(ends, first_at + order.signed_ms / 1000)
        self.since, self.until = begins - BEFORE_S, ends + AFTER_S

    def abandon(self) -> None:
        self.abandoned.set()


class Ear:
    """`listen` returns at once. `note` keeps how loud the room was when it was last heard."""

    def __init__(self, microphone: Microphone | None, note: Path, log: Log) -> None:
        self._microphone = microphone
        self._note = note
        self._log = log
        self._usual = _read(note)

    def listen(self, order: Play, first_at: float) -> Listening | None:
        """None where the play has nothing to be compared with."""
        if order.reference is None:
            return None
        listening = Listening(order, first_at)
        if self._microphone is None:
            listening.judged = Judged("no_mic")
            return listening
        work = (listening, self._microphone, order.reference)
        threading.Thread(target=self._work, args=work, name="ear", daemon=True).start()
        return listening

    def _work(self, listening: Listening, microphone: Microphone, reference: Path) -> None:
        opens_at = listening.since - OPENING_S
        if listening.abandoned.wait(max(0.0, opens_at - time.monotonic())):
            return
        try:
            taken = _take(listening, microphone)
            expected = reference.read_bytes()
        except (MicrophoneError, OSError) as e:
            self._log(f"not listened to: {e}")
            listening.judged = Judged("no_mic")
            return
        if not listening.abandoned.is_set():
            listening.judged = self._judge(taken, expected)

    def _judge(self, taken: array.array[int], expected: bytes) -> Judged:
        z = hearing.score(hearing.signs(taken), expected)
        level = hearing.level_db(taken)
        judged = Judged(hearing.judge(z, level, self._usual), z, level)
        if judged.verdict == "heard":
            self._usual = level
            with contextlib.suppress(OSError):  # what is lost is found again at the next play
                self._note.write_text(f"{level:.1f}\n")
        return judged


def _take(listening: Listening, microphone: Microphone) -> array.array[int]:
    """What the room sounded like from `since` to `until`; what came too late is silence."""
    taken, cursor = bytearray(), listening.since
    with microphone.listen() as stream:
        while time.monotonic() < listening.until and not listening.abandoned.is_set():
            got = stream.take(LOOK_S)
            if not got:
                continue
            begins = time.monotonic() - len(got) / 2 / RATE
            if begins > cursor + (HOLE_S if taken else 0.0):
                taken += _hiss(int((begins - cursor) * RATE))
                cursor = begins
            late = min(len(got) // 2, int(max(0.0, cursor - begins) * RATE) if not taken else 0)
            taken += got[2 * late :]
            cursor += (len(got) / 2 - late) / RATE
    return array.array("h", bytes(taken))


def _hiss(samples: int) -> bytes:
    """For what was not taken: silence has equal signs, and those would fit upon any pause."""
    return array.array("h", (random.randint(-1, 1) for _ in range(samples))).tobytes()  # noqa: S311


def _read(note: Path) -> float | None:
    try:
        return float(note.read_text())
    except (OSError, ValueError):
        return None
