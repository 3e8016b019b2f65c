"""Bulletins that only the district's answer can let through: held back, bounded, asked about.

They are good in everything but the proof of time (or the register) that their level needs, so
nobody outside can fill this: their signatures have been verified.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from loa_node.clock import Clock
from loa_node.inbox import about

PATIENCE_MS: Final = 30_000
MOST: Final = 16
LONGEST_MS: Final = 7 * 86_400_000
"""No priority lives longer: with no calendar this ends what `exp` cannot."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    data: bytes
    exp: int
    emergency: bool
    since: int  # monotonic ms
    told: bool = False


class Doubts:
    def __init__(self) -> None:
        self._held: OrderedDict[str, _Doubt] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._held)

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._held

    def add(self, sha256: str, data: bytes, clock: Clock) -> None:
        if sha256 in self._held:
            return
        bulletin = about(data)
        if bulletin is None:
            return
        urgent = bulletin.level == "emergency"
        self._held[sha256] = _Doubt(data, bulletin.exp, urgent, clock.mono_ms)
        if len(self._held) > MOST:  # an insider's many must not push out the one that matters
            del self._held[min(self._held, key=lambda s: self._held[s].emergency)]

    def all(self) -> list[bytes]:
        return [doubt.data for doubt in self._held.values()]

    def settled(self, data: bytes) -> None:
        """Kept after all, or refused for another reason."""
        for sha256 in [s for s, doubt in self._held.items() if doubt.data == data]:
            del self._held[sha256]

    def overdue(self, clock: Clock) -> list[bytes]:
        """Each once, when its 30 s are over; what has ended is let go."""
        for sha256, doubt in list(self._held.items()):
            ended = doubt.exp <= clock.earliest_ms or clock.mono_ms - doubt.since > LONGEST_MS
            if ended and doubt.told:
                del self._held[sha256]
        due = [
            (sha256, doubt)
            for sha256, doubt in self._held.items()
            if not doubt.told and clock.mono_ms - doubt.since >= PATIENCE_MS
        ]
        for sha256, doubt in due:
            self._held[sha256] = replace(doubt, told=True)
        return [doubt.data for _, doubt in due]
