"""When to try the district again, so that a thousand nodes do not knock at once. Pure.

After a loss the first delay is uniform(min(5, w), w) seconds, w being the largest the held
manifests name (30 if none); then half-jitter, doubling from 10 s to 300 s, or to 10 w where the
fleet is so small that w is below 30; a connection that held for 60 s starts the count again.
`chance` is a random number in [0, 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

STABLE_MS: Final = 60_000
UNKNOWN_W: Final = 30


def spread_s(ws: Iterable[int]) -> int:
    return max(ws, default=UNKNOWN_W)


def delay_ms(attempt: int, w: int, chance: float) -> int:
    """attempt 0 is the first one after a loss."""
    if attempt == 0:
        low = min(5, w)
        return int((low + (w - low) * chance) * 1000)
    step = min(300.0, 10.0 * w, 10.0 * 2 ** min(attempt - 1, 5))
    return int((step / 2 + step / 2 * chance) * 1000)


def counted(failures: int, connected_ms: int | None) -> int:
    """The attempt to plan after a loss. `connected_ms` is how long it stood; None: not at all."""
    return 0 if connected_ms is not None and connected_ms >= STABLE_MS else failures
