"""Is a node there, and what ails it: computed from what it last said, and now. Pure.

Online means heard within 1.5 heartbeats; the broker's will only makes it faster. Codes, not
words: the console says them in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from loa_wire.up import Health, Readings

Presence = Literal["online", "late", "offline", "never"]
ProblemCode = Literal[
    "never",  # enrolled, and never heard of
    "offline",  # since: seconds
    "late",
    "no_clock",  # the calendar waits
    "player",  # its detail
    "screen",
    "card_full",  # MB left
    "card_read_only",
    "card_errors",  # how many
    "hot",  # degrees
    "under_voltage",
    "wifi",  # dBm
    "memory_low",  # MB left
    "behind",  # which document it has not applied
    "media_missing",  # files
    "clips_missing",
    "backlog",  # facts waiting
]

LATE: Final = 1.1
OFFLINE: Final = 1.5
HOT_DC: Final = 800
CARD_MB: Final = 200
MEMORY_MB: Final = 24
WEAK_DBM: Final = -80
BACKLOG: Final = 1000


@dataclass(frozen=True, slots=True)
class Heard:
    """A node's row: `online` is its own word or its will."""

    seen_at: datetime | None
    online: bool
    every_s: int = 60
    health: Health | None = None
    assignment: int = 0  # versions last published to it; 0: none
    settings: int = 0
    manifests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    code: ProblemCode
    detail: str = ""


def read_health(stored: object) -> Health | None:
    """The latest health as the database keeps it; None for none, or one of another version."""
    try:
        return msgspec.convert(stored, Health) if stored else None
    except msgspec.ValidationError:
        return None


def presence(heard: Heard, now: datetime) -> Presence:
    if heard.seen_at is None:
        return "never"
    beats = (now - heard.seen_at) / timedelta(seconds=max(1, heard.every_s))
    if not heard.online or beats > OFFLINE:
        return "offline"
    return "late" if beats > LATE else "online"


def problems(heard: Heard, now: datetime) -> list[Problem]:
    """The gravest first. What a silent node last said of itself is still shown: it may be why."""
    found = _of_presence(heard, now)
    health = heard.health
    if health is None:
        return found
    found += _of_itself(health)
    return found + [Problem("behind", name) for name in _behind(heard, health)]


def codes(health: Health) -> str:
    """What it says ails it, whatever the time: " hot wifi "; "" for nothing.

    Kept with the row, where a page of thousands looks for one code with a space on either side.
    """
    found = dict.fromkeys(problem.code for problem in _of_itself(health))
    return f" {' '.join(found)} " if found else ""


def _of_itself(health: Health) -> list[Problem]:
    return [*_of_programs(health), *_of_board(health.readings), *_of_stock(health)]


def _of_presence(heard: Heard, now: datetime) -> list[Problem]:
    match presence(heard, now):
        case "never":
            return [Problem("never")]
        case "offline" if heard.seen_at is not None:
            return [Problem("offline", str(int((now - heard.seen_at).total_seconds())))]
        case "late":
            return [Problem("late")]
        case _:
            return []


def _of_programs(health: Health) -> list[Problem]:
    found = []
    if health.player is not None and not health.player.alive:
        found.append(Problem("player", health.player.detail))
    if health.screen is not None and not health.screen.alive:
        found.append(Problem("screen", health.screen.detail))
    if health.clock in ("floor", "unknown"):
        found.append(Problem("no_clock"))
    return found


def _of_board(readings: Readings) -> list[Problem]:
    found = []
    if readings.card_read_only or readings.card_writable is False:
        found.append(Problem("card_read_only"))
    if readings.card_errors:
        found.append(Problem("card_errors", str(readings.card_errors)))
    if readings.card_free_mb is not None and readings.card_free_mb < CARD_MB:
        found.append(Problem("card_full", str(readings.card_free_mb)))
    if readings.under_voltage:
        dips = readings.power_dips
        found.append(Problem("under_voltage", "" if dips is None else f"{dips}×"))
    if readings.wifi_dbm is not None and readings.wifi_dbm < WEAK_DBM:
        found.append(Problem("wifi", str(readings.wifi_dbm)))
    if readings.memory_free_mb is not None and readings.memory_free_mb < MEMORY_MB:
        found.append(Problem("memory_low", str(readings.memory_free_mb)))
    if readings.temperature_dc is not None and readings.temperature_dc >= HOT_DC:
        found.append(Problem("hot", str(readings.temperature_dc // 10)))
    return found


def _of_stock(health: Health) -> list[Problem]:
    found = []
    if health.shelf.media_missing:
        found.append(Problem("media_missing", str(health.shelf.media_missing)))
    if health.missing_clips:
        found.append(Problem("clips_missing", str(health.missing_clips)))
    if health.journal is not None and health.journal.last - health.journal.acked > BACKLOG:
        found.append(Problem("backlog", str(health.journal.last - health.journal.acked)))
    return found


def _behind(heard: Heard, health: Health) -> list[str]:
    """Correctness comes from comparing versions, never from a broker's quality of service."""
    applied = health.applied
    documents = [
        name
        for name, wanted, held in (
            ("assignment", heard.assignment, applied.assignment),
            ("settings", heard.settings, applied.settings),
        )
        if held < wanted
    ]
    lagging = sorted(a for a, v in heard.manifests.items() if applied.manifests.get(a, 0) < v)
    return documents + [f"manifest {area}" for area in lagging]
