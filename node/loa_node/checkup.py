"""The board over time: what begins to ail it and what is over, each told once.

A board is sampled every two seconds, because the kernel forgets a dip of the voltage that fast. A
card that failed once in this boot has failed until the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from loa_node import health
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.facts import a_fact
from loa_node.health import Raw
from loa_wire.up import Fact, Readings

SAMPLE_MS: Final = 2_000
CANARY_MS: Final = 900_000
MINUTE_MS: Final = 60_000


class Gauges(Protocol):
    """The board. `probe` also writes to the card to see whether it still can."""

    def readings(self, *, probe: bool) -> Raw: ...
    def recall(self) -> frozenset[str]:
        """What was remembered in this boot, by whichever run of the program."""

    def remember(self, codes: frozenset[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """`ill` and `well` answer None when the board does not tell."""

    code: str
    ill: Callable[[Readings], bool | None]
    well: Callable[[Readings], bool | None]
    hold_ms: int = 0  # how long it must be well before it is over
    latched: bool = False  # in this boot it is never over
    detail: Callable[[Readings], str] = lambda _: ""


def _below(limit: int) -> Callable[[int | None], bool | None]:
    return lambda value: None if value is None else value < limit


RULES: Final = (
    Rule(
        "under_voltage",
        lambda r: r.under_voltage,
        lambda r: r.under_voltage is False,
        hold_ms=10 * MINUTE_MS,
    ),
    Rule(
        "hot",
        lambda r: r.temperature_dc is not None and r.temperature_dc >= 800,
        lambda r: _below(750)(r.temperature_dc),
        hold_ms=MINUTE_MS,
        detail=lambda r: f"{(r.temperature_dc or 0) // 10} °C",
    ),
    Rule("card_read_only", lambda r: r.card_read_only, lambda _: None, latched=True),
    Rule("card_failing", lambda r: r.card_writable is False, lambda _: None, latched=True),
    Rule(
        "card_errors",
        lambda r: bool(r.card_errors),
        lambda r: r.card_errors == 0,
        detail=lambda r: str(r.card_errors),
    ),
    Rule(
        "card_low",
        lambda r: _below(200)(r.card_free_mb),
        lambda r: _below(300)(r.card_free_mb) is False,
        hold_ms=MINUTE_MS,
        detail=lambda r: f"{r.card_free_mb} MB",
    ),
    Rule(
        "memory_low",
        lambda r: _below(24)(r.memory_free_mb),
        lambda r: _below(48)(r.memory_free_mb) is False,
        hold_ms=MINUTE_MS,
        detail=lambda r: f"{r.memory_free_mb} MB",
    ),
)


class Checkup:
    def __init__(self, gauges: Gauges, diary: Diary, log: Callable[[str], object]) -> None:
        self._gauges = gauges
        self._log = log
        self._diary = diary
        self._ailing: dict[str, int] = {}  # code -> when it was last ill, monotonic ms
        self._latched = gauges.recall()
        self._dips = 0
        self._low = False
        self._sample_at = self._canary_at = 0
        self.readings = Readings()

    @property
    def ailing(self) -> frozenset[str]:
        return frozenset(self._ailing)

    def work(self, clock: Clock) -> None:
        if clock.mono_ms < self._sample_at:
            return
        self._sample_at = clock.mono_ms + SAMPLE_MS
        probe = clock.mono_ms >= self._canary_at
        if probe:
            self._canary_at = clock.mono_ms + CANARY_MS
        now = health.readings(self._gauges.readings(probe=probe))
        self._count_dips(now)
        facts = [fact for rule in RULES for fact in self._judge(rule, now, clock.mono_ms)]
        self.readings = self._dressed(now)
        self._diary.write(clock, facts)

    def _judge(self, rule: Rule, now: Readings, mono_ms: int) -> list[Fact]:
        known = rule.code in self._ailing
        if rule.ill(now) or (rule.latched and rule.code in self._latched):
            self._ailing[rule.code] = mono_ms
            return [] if known else self._begun(rule, now)
        over = rule.well(now) and mono_ms - self._ailing.get(rule.code, 0) >= rule.hold_ms
        if not known or rule.latched or not over:
            return []
        del self._ailing[rule.code]
        self._log(f"board: {rule.code} is over")
        return [a_fact("recovered", reason=rule.code)]

    def _begun(self, rule: Rule, now: Readings) -> list[Fact]:
        self._log(f"board: {rule.code} {rule.detail(now)}".rstrip())
        if rule.latched and rule.code in self._latched:
            return []  # told by an earlier run of this boot
        if rule.latched:
            self._latched |= {rule.code}
            self._gauges.remember(self._latched)
        return [a_fact("alarm", reason=rule.code, detail=rule.detail(now) or None)]

    def _count_dips(self, now: Readings) -> None:
        low = bool(now.under_voltage)
        self._dips += low and not self._low
        self._low = low

    def _dressed(self, now: Readings) -> Readings:
        """What is held or latched is sent as it is held: a page must not flicker."""
        told = now.under_voltage is not None
        return msgspec.structs.replace(
            now,
            under_voltage="under_voltage" in self._ailing if told else None,
            power_dips=self._dips if told else None,
            card_writable=False if "card_failing" in self._ailing else now.card_writable,
            card_read_only=True if "card_read_only" in self._ailing else now.card_read_only,
        )
