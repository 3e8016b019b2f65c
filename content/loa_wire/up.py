"""What a node says: status, ask, health, journal. Unsigned: its own certificate speaks for it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from loa_wire.fields import (
    AreaId,
    ClockState,
    Count,
    Document,
    Ear,
    Evidence,
    Lang,
    Ms,
    Name,
    NodeId,
    Nonce,
    Part,
)

FactName = Literal[
    "received",
    "refused",
    "ready",
    "started",
    "ended",
    "missed",
    "preempted",
    "skipped",
    "stopped",
    "rebooted",
    "restarted",  # one of the three programs, after it ended by itself: outlet, reason
    "clock_set",
    "config_applied",
    "device_lost",
    "device_back",
    "media_failed",
    "dropped_facts",
    "journal_lost",
    "shelf_lost",
    "set_aside",
    "alarm",
    "self_test",
    "recovered",  # what an alarm said is over: the same reason
    "obeyed",  # a command: doc is which, occurrence its ticket, reason why it was not done
]
Result = Literal["played", "partial", "failed"]


class Fact(Part, frozen=True):
    """One thing that happened. `at` is the node's clock in ms UTC, `clock` how far to trust it."""

    seq: Annotated[int, Meta(ge=1)]
    at: Ms
    clock: ClockState
    boot: Name
    fact: FactName
    mono: Count = 0  # ms since that boot: lets the times be mended once the clock is proved
    bulletin: str | None = None
    rev: Count | None = None
    occurrence: str | None = None
    outlet: str | None = None  # "sound" or "screen"
    lang: Lang | None = None
    result: Result | None = None  # of ended; of preempted where it is not said again
    evidence: Evidence | None = None
    ear: Ear | None = None  # of ended, where the sound had a fingerprint
    reason: str | None = None
    detail: str | None = None
    played_ms: Count | None = None
    doc: str | None = None  # config_applied, refused: which document
    version: Count | None = None
    start: Count | None = msgspec.field(default=None, name="from")  # dropped_facts
    to: Count | None = None


class Journal(Document, frozen=True, tag="journal"):
    """Facts in order of seq; `epoch` is the journal file's own random name."""

    node: NodeId
    epoch: Name
    facts: Annotated[list[Fact], Meta(max_length=500)]


class Status(Document, frozen=True, tag="status"):
    """Retained; the will is the same with online false. A lower (boots, connects) is older news."""

    node: NodeId
    online: bool
    boots: Count
    connects: Count
    boot: Name
    ticket: Name = "none"
    software: Annotated[str, Meta(max_length=40)] = ""


class Ask(Document, frozen=True, tag="ask"):
    node: NodeId
    nonce: Nonce


class Applied(Part, frozen=True):
    """The versions this node acts on: the district compares, so correctness needs no QoS."""

    root: Count = 0
    authority: Count = 0
    assignment: Count = 0
    settings: Count = 0
    manifests: dict[AreaId, Count] = {}


class Shelf(Part, frozen=True):
    held: Count = 0
    ready: Count = 0
    media_missing: Count = 0


class Backlog(Part, frozen=True):
    epoch: Name
    last: Count = 0
    acked: Count = 0


class Playing(Part, frozen=True):
    bulletin: str
    occurrence: str
    since: Ms


class LastPlay(Part, frozen=True):
    bulletin: str
    at: Ms
    result: Result
    evidence: Evidence | None = None
    ear: Ear | None = None


class Readings(Part, frozen=True):
    """Whatever the board can tell; a reading that does not exist is left out."""

    uptime_s: Count | None = None
    temperature_dc: int | None = None  # tenths of a degree Celsius
    card_free_mb: Count | None = None
    card_total_mb: Count | None = None
    card_errors: Count | None = None
    card_read_only: bool | None = None
    card_writable: bool | None = None  # the 4 KiB canary came back
    memory_free_mb: Count | None = None
    load_c: Count | None = None  # hundredths
    under_voltage: bool | None = None
    power_dips: Count | None = None  # times the voltage fell too low since this program started
    wifi_dbm: int | None = None
    network: str | None = None


class Outlet(Part, frozen=True):
    """The player or the screen as the agent sees it."""

    alive: bool
    detail: str = ""


class Health(Document, frozen=True, tag="health"):
    node: NodeId
    at: Ms
    clock: ClockState
    boot: Name
    software: Annotated[str, Meta(max_length=40)] = ""
    every_s: Count = 60  # when the next one is due: online means seen within 1.5 of these
    applied: Applied = Applied()
    shelf: Shelf = Shelf()
    journal: Backlog | None = None
    playing: Playing | None = None
    last_play: LastPlay | None = None
    player: Outlet | None = None
    screen: Outlet | None = None
    readings: Readings = Readings()
    # of what the node stands on: os, kernel, python
    versions: dict[str, Annotated[str, Meta(max_length=80)]] = {}
    missing_clips: Count = 0
    audit_head: Annotated[str, Meta(max_length=64)] = ""
