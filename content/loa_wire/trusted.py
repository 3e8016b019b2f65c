"""Who may sign what: the root, a unit's register of keys, and the rules both obey.

Shapes follow the roles of The Update Framework (https://theupdateframework.github.io/specification/)
with thresholds counted over distinct keys.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from loa_wire import limits
from loa_wire.fields import (
    AreaId,
    Clock,
    Document,
    KeyId,
    Level,
    Ms,
    Name,
    Part,
    Percent,
    PublicKey,
    UnitId,
)

May = Literal["bulletin", "countersign", "place", "settings", "ops"]
Version = Annotated[int, Meta(ge=1, lt=limits.INTEGER)]


class RootKey(Part, frozen=True):
    public: PublicKey
    holder: Annotated[str, Meta(max_length=80)]


class Role(Part, frozen=True):
    keyids: Annotated[list[KeyId], Meta(min_length=1, max_length=16)]
    threshold: Annotated[int, Meta(ge=1, le=16)]


class Root(Document, frozen=True, tag="root"):
    """One per installation; version n+1 is signed by the thresholds of n and of n+1."""

    installation: Name
    version: Version
    iat: Ms
    exp: Ms
    keys: dict[KeyId, RootKey]
    root: Role
    authorities: dict[UnitId, Role]
    release: Role | None = None


class RegisterKey(Part, frozen=True):
    """`scope` are area ids; the key counts for them and for whatever stands below them."""

    keyid: KeyId
    public: PublicKey
    holder: Annotated[str, Meta(max_length=80)]
    may: Annotated[list[May], Meta(min_length=1)]
    scope: Annotated[list[AreaId], Meta(max_length=2000)]
    nbf: Ms
    exp: Ms
    max_level: Level = "normal"


class Window(Part, frozen=True):
    """Local time; `end` before `start` runs over midnight and belongs to the day it starts."""

    start: Clock
    end: Clock


class HardLimits(Part, frozen=True):
    """What no settings and no bulletin but a proved emergency may pass."""

    quiet_hours: Annotated[list[Window], Meta(max_length=8)] = []
    max_session_s: Annotated[int, Meta(ge=60, le=14_400)] = 2700
    max_volume: Percent = 100  # the safety maximum: emergencies obey it too
    repeat_guard_s: Annotated[int, Meta(ge=0, le=86_400)] = 0  # same bulletin not sooner than this


class Relay(Part, frozen=True):
    id: Name
    url: Annotated[str, Meta(max_length=300)]


class Authority(Document, frozen=True, tag="authority"):
    """A unit's register: its own keys and those above it. Lives at most 90 days."""

    unit: UnitId
    version: Version
    iat: Ms
    exp: Ms
    keys: Annotated[list[RegisterKey], Meta(max_length=2000)]
    limits: HardLimits = HardLimits()
    relays: Annotated[list[Relay], Meta(max_length=200)] = []
    no_proof: Literal["refuse", "screen_only"] = "refuse"


class Pointer(Part, frozen=True):
    """Retained at unit/<unit>/authority and root: what exists; the document comes by HTTPS."""

    version: Version
    sha256: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


MAY_SIGN: dict[str, tuple[May, ...]] = {
    "bulletin": ("bulletin", "countersign"),
    "assignment": ("place",),
    "settings": ("settings",),
    "manifest": ("ops",),
    "emergencies": ("ops",),
    "beacon": ("ops",),
    "ack": ("ops",),
    "command": ("ops",),
}
"""`typ` -> what a register key must be allowed, to be counted under such a document."""
