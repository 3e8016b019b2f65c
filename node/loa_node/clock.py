"""What this node may believe about the time, decided from readings. Pure.

States: proved (beacon), synced (NTP within bounds), held (counted on in the same boot from a time
that was proved or synced; or a clock chip), floor (only a time it cannot be before), unknown. The
calendar plays in the first three. The floor never exceeds true time: a bulletin never raises it.

What is counted on is monotonic time, which goes on through suspend and which nobody can set: a
system clock thrown back and forth moves nothing here. Where the count began at a proof, a time
server is believed only as far as it agrees with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loa_wire.fields import ClockState
from loa_wire.limits import CLOCK_SKEW_MS, DAY_MS

BUILT_MS: Final = 1_767_225_600_000
"""2026-01-01: no clock that runs this program can rightly be before it."""
PROOF_LASTS_MS: Final = DAY_MS
"""After a day without the next proof the time is still counted on from it, as `held`."""
DRIFT_MS: Final = 5_000
"""Wall time that wanders this far from the count is counted from anew, while synced."""
LEEWAY_MS: Final = 60_000
LEEWAY_SHARE: Final = 1_000
"""How far a time server may be from a count that began at a proof: a minute, and a thousandth of
the count's age; a board's quartz is ten times better."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A beacon's signed time, and the monotonic moment it is counted from."""

    time_ms: int
    at_mono_ms: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """True time minus monotonic time, as it was when the clock was last proved or synced."""

    boot: str
    offset_ms: int
    proved: bool = False
    at_mono_ms: int = 0

    def counted_ms(self, mono_ms: int) -> int:
        return mono_ms + self.offset_ms

    def agrees(self, wall_ms: int, mono_ms: int) -> bool:
        leeway = LEEWAY_MS + max(0, mono_ms - self.at_mono_ms) // LEEWAY_SHARE
        return abs(wall_ms - self.counted_ms(mono_ms)) <= leeway


@dataclass(frozen=True, slots=True)
class Reading:
    wall_ms: int
    mono_ms: int  # CLOCK_BOOTTIME: goes on through suspend
    boot: str
    synced: bool
    chip: bool  # a battery-backed clock set the system's


@dataclass(frozen=True, slots=True)
class Clock:
    state: ClockState
    now_ms: int
    floor_ms: int
    mono_ms: int = 0
    boot: str = ""
    proof: Proof | None = None

    @property
    def calendar(self) -> bool:
        """Whether planned times may be acted on."""
        return self.state in ("proved", "synced", "held")

    @property
    def earliest_ms(self) -> int:
        """A time that is certainly not in the future."""
        return self.now_ms if self.calendar else self.floor_ms

    @property
    def proved_now_ms(self) -> int | None:
        """The latest beacon's time, counted on; whatever other clocks say."""
        age = self.proof_age_ms
        return None if self.proof is None or age is None else self.proof.time_ms + age

    @property
    def proof_age_ms(self) -> int | None:
        return None if self.proof is None else self.mono_ms - self.proof.at_mono_ms


def judge(
    reading: Reading,
    floor_ms: int,
    register_exp: int | None,
    anchor: Anchor | None,
    proof: Proof | None = None,
) -> Clock:
    def clock(state: ClockState, now_ms: int) -> Clock:
        return Clock(state, now_ms, floor_ms, reading.mono_ms, reading.boot, proof)

    age = None if proof is None else reading.mono_ms - proof.at_mono_ms
    if proof is not None and age is not None and 0 <= age <= PROOF_LASTS_MS:
        return clock("proved", proof.time_ms + age)
    counted = anchor if anchor is not None and anchor.boot == reading.boot else None
    if _is_synced(reading, floor_ms, register_exp, counted):
        return clock("synced", reading.wall_ms)
    if counted is not None and counted.counted_ms(reading.mono_ms) >= floor_ms:
        return clock("held", counted.counted_ms(reading.mono_ms))
    if reading.chip and reading.wall_ms >= floor_ms:
        return clock("held", reading.wall_ms)
    return clock("floor" if floor_ms > BUILT_MS else "unknown", floor_ms)


def _is_synced(
    reading: Reading, floor_ms: int, register_exp: int | None, counted: Anchor | None
) -> bool:
    if not reading.synced or reading.wall_ms < floor_ms:
        return False
    if not _within_register(reading.wall_ms, register_exp):
        return False
    if counted is None or not counted.proved:
        return True
    return counted.agrees(reading.wall_ms, reading.mono_ms)


def _within_register(wall_ms: int, register_exp: int | None) -> bool:
    """NTP is believed only up to the register's exp + 1 d: beyond, a liar could freeze us."""
    return register_exp is None or wall_ms <= register_exp + DAY_MS


def anchor_of(reading: Reading, clock: Clock, held: Anchor | None) -> Anchor | None:
    """What to count from: the latest proof in this boot, else the latest synced time."""
    offset = clock.now_ms - reading.mono_ms
    same_boot = held is not None and held.boot == reading.boot
    match clock.state:
        case "proved":
            since = reading.mono_ms if clock.proof is None else clock.proof.at_mono_ms
            return Anchor(reading.boot, offset, proved=True, at_mono_ms=since)
        case "synced" if not same_boot:
            return Anchor(reading.boot, offset, at_mono_ms=reading.mono_ms)
        case "synced" if held is not None and not held.proved:
            if abs(held.offset_ms - offset) > DRIFT_MS:
                return Anchor(reading.boot, offset, at_mono_ms=reading.mono_ms)
    return held


def raised_floor(floor_ms: int, iat: int, clock: Clock) -> int:
    """The floor after a root, authority or beacon document; without a proof it stays."""
    if clock.proved_now_ms is None:
        return floor_ms
    return max(floor_ms, min(iat, clock.proved_now_ms + CLOCK_SKEW_MS))
