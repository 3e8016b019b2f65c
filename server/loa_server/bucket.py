"""How often one address may ask: a token bucket each. Pure but for what it remembers."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_MEMORY = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """`rate` tokens a second, `burst` at most; `now` is any monotonic clock in seconds."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def take(self, who: str, now: float) -> bool:
        bucket = self._buckets.get(who)
        if bucket is None:
            self._make_room(now)
            bucket = self._buckets[who] = _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _make_room(self, now: float) -> None:
        """Forget who would have a full bucket again by now; of all others the oldest tenth."""
        if len(self._buckets) < LONGEST_MEMORY:
            return
        full_after = self._burst / self._rate
        kept = {w: b for w, b in self._buckets.items() if now - b.at < full_after}
        by_age = sorted(kept.items(), key=lambda pair: pair[1].at)
        self._buckets = dict(by_age[-LONGEST_MEMORY * 9 // 10 :])
