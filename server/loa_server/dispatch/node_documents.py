"""A node's assignment and settings, as the district's data and server.toml have them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loa_server.config import FleetConfig, LimitsConfig
from loa_wire.place import Assignment, Interrupted, Link, PlacedArea, Settings, Slot
from loa_wire.trusted import HardLimits, Window


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a node stands: its area first, then what is above it, nearest first."""

    node: str
    name: str
    unit: str
    chain: Sequence[PlacedArea]
    languages: tuple[str, ...] = ()  # spoken there; none: those of the whole fleet


def assignment(standing: Standing, limits: LimitsConfig, version: int, now: int) -> Assignment:
    return Assignment(
        node=standing.node,
        version=version,
        iat=now,
        unit=standing.unit,
        areas=[standing.chain[0]],
        limits=hard_limits(limits),
        place=", ".join(spoken(area) for area in standing.chain[:2]),
    )


def spoken(area: PlacedArea) -> str:
    """ "xã Tân Quan"; a hamlet's name already says what it is."""
    kind = {"commune": "xã ", "ward": "phường ", "province": "tỉnh ", "city": "thành phố "}
    return kind.get(area.kind, "") + area.name


INTERRUPTED: Final[dict[str, Interrupted]] = {
    "restart": "restart",
    "resume": "resume",
    "drop": "drop",
}


def settings(standing: Standing, fleet: FleetConfig, version: int, now: int) -> Settings:
    return Settings(
        node=standing.node,
        version=version,
        iat=now,
        languages=list(standing.languages or fleet.languages),
        language_mode="all" if fleet.language_mode == "all" else "first",
        interrupted=INTERRUPTED[fleet.interrupted],
        slots=[Slot(start=start, minutes=fleet.slot_minutes) for start in fleet.slots],
        link=link(fleet),
        screen_off=windows(fleet.screen_off),
        answer_at=fleet.answer_at,
        display_name=standing.name,
    )


def link(fleet: FleetConfig) -> Link:
    return Link(
        profile="metered" if fleet.link == "metered" else "wired",
        download_hours=windows(fleet.download_hours),
    )


def windows(hours: Sequence[str]) -> list[Window]:
    """They may run over midnight."""
    ends = (one.partition("-") for one in hours)
    return [Window(start=start, end=end) for start, _, end in ends]


def hard_limits(limits: LimitsConfig) -> HardLimits:
    quiet = [Window(start=limits.quiet_from, end=limits.quiet_until)] if limits.quiet_from else []
    return HardLimits(
        quiet_hours=quiet,
        max_session_s=limits.max_session_s,
        max_volume=limits.max_volume,
        repeat_guard_s=limits.repeat_guard_s,
    )
