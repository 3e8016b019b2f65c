"""Where a node stands and how it behaves there: the signed assignment and the signed settings."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from loa_wire.fields import (
    Alert,
    AreaId,
    Clock,
    Document,
    Lang,
    Ms,
    NodeId,
    Part,
    Percent,
    Sha256,
    UnitId,
    Weekday,
)
from loa_wire.trusted import HardLimits, Version, Window

VolumeStep = Literal["low", "normal", "high"]
Interrupted = Literal["restart", "resume", "drop"]
"""What becomes of what an emergency broke off: from its beginning, from the language that was being
said, or not again."""


class PlacedArea(Part, frozen=True):
    """`above`: the ids over it, nearest first; scopes are matched against these, never a path."""

    id: AreaId
    name: Annotated[str, Meta(max_length=120)] = ""
    kind: Annotated[str, Meta(max_length=40)] = ""
    above: Annotated[list[AreaId], Meta(max_length=12)] = []


class Assignment(Document, frozen=True, tag="assignment"):
    node: NodeId
    version: Version
    iat: Ms
    unit: UnitId
    areas: Annotated[list[PlacedArea], Meta(min_length=1, max_length=64)]
    limits: HardLimits = HardLimits()
    place: Annotated[str, Meta(max_length=200)] = ""  # as shown on the screen

    def area_ids(self) -> list[AreaId]:
        """The areas it listens to: its own and everything above them, each once."""
        seen: dict[AreaId, None] = {}
        for area in self.areas:
            for area_id in (area.id, *area.above):
                seen.setdefault(area_id)
        return list(seen)


class Slot(Part, frozen=True):
    """A session of the node (khung giờ)."""

    start: Clock
    weekdays: Annotated[list[Weekday], Meta(max_length=7)] = []  # empty: every day
    minutes: Annotated[int, Meta(ge=1, le=240)] = 30


class VolumeHours(Part, frozen=True):
    window: Window
    volume: VolumeStep


class Volumes(Part, frozen=True):
    """What the steps mean on this node, as libVLC's cubic percentage; 100 is 0 dB."""

    low: Percent = 60
    normal: Percent = 85
    high: Percent = 100


class AlarmClip(Part, frozen=True):
    alert: Alert
    lang: Lang
    sha256: Sha256


class Link(Part, frozen=True):
    profile: Literal["wired", "metered"] = "wired"
    # metered: normal media only in these
    download_hours: Annotated[list[Window], Meta(max_length=8)] = []


class Settings(Document, frozen=True, tag="settings"):
    node: NodeId
    version: Version
    iat: Ms
    volumes: Volumes = Volumes()
    volume_hours: Annotated[list[VolumeHours], Meta(max_length=24)] = []
    slots: Annotated[list[Slot], Meta(max_length=24)] = []
    quiet_hours: Annotated[list[Window], Meta(max_length=8)] = []
    languages: Annotated[list[Lang], Meta(min_length=1, max_length=8)] = msgspec.field(
        default_factory=lambda: ["vi"]
    )
    language_mode: Literal["first", "all"] = "first"
    interrupted: Interrupted = "restart"
    link: Link = Link()
    alarms: Annotated[list[AlarmClip], Meta(max_length=64)] = []
    # HDMI and amplifiers swallow the first second
    lead_in_ms: Annotated[int, Meta(ge=0, le=10_000)] = 0
    amplifier_lead_ms: Annotated[int, Meta(ge=0, le=30_000)] = 0
    relay_max_on_s: Annotated[int, Meta(ge=0, le=86_400)] = 3600
    screen_off: Annotated[list[Window], Meta(max_length=8)] = []
    display_name: Annotated[str, Meta(max_length=120)] = ""
    # where people answer back, as a QR code on the screen; empty: nowhere yet
    answer_at: Annotated[str, Meta(max_length=200, pattern="^(https://[!-~]+)?$")] = ""
