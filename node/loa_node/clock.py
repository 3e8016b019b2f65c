"""What this node may believe about the time, decided from readings. Pure.

States: proved (beacon), synced (NTP within bounds), held (a clock chip, or a clock unbroken since
it was synced), floor (only a time it cannot be before), unknown. The calendar plays in the first
three. The floor never exceeds true time: a bulletin never raises it.
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
"""How far wall time may wander from monotonic time and still be called unbroken."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A beacon's signed time, and the monotonic moment it is counted from."""

    time_ms: int
    at_mono_ms: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """Wall minus monotonic time when the clock was last synced, in that boot."""

    boot: str
    offset_ms: int


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
    believable = reading.wall_ms >= floor_ms
    if believable and reading.synced and _within_register(reading.wall_ms, register_exp):
        return clock("synced", reading.wall_ms)
    if proof is not None and age is not None and age >= 0:
        return clock("held", proof.time_ms + age)
    if not believable:
        return clock("floor" if floor_ms > BUILT_MS else "unknown", floor_ms)
    if reading.chip or _unbroken(reading, anchor):
        return clock("held", reading.wall_ms)
    return clock("floor" if floor_ms > BUILT_MS else "unknown", floor_ms)


def _within_register(wall_ms: int, register_exp: int | None) -> bool:
    """NTP is believed only up to the register's exp + 1 d: beyond, a liar could freeze us."""
    return register_exp is None or wall_ms <= register_exp + DAY_MS


def _unbroken(reading: Reading, anchor: Anchor | None) -> bool:
    if anchor is None or anchor.boot != reading.boot:
        return False
    return abs(reading.wall_ms - reading.mono_ms - anchor.offset_ms) <= DRIFT_MS


def anchor_of(reading: Reading, clock: Clock, held: Anchor | None) -> Anchor | None:
    """The anchor to keep: renewed while synced, else the one held."""
    if clock.state not in ("proved", "synced"):
        return held
    return Anchor(reading.boot, clock.now_ms - reading.mono_ms)


def raised_floor(floor_ms: int, iat: int, clock: Clock) -> int:
    """The floor after a root, authority or beacon document; without a proof it stays."""
    if clock.proved_now_ms is None:
        return floor_ms
    return max(floor_ms, min(iat, clock.proved_now_ms + CLOCK_SKEW_MS))
