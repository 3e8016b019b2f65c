"""A fact before the journal gives it a number and a time, and as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from loa_wire.fields import ClockState
from loa_wire.up import Fact, FactName


@dataclass(frozen=True, slots=True)
class Stamp:
    """When: `at` is ms UTC as far as `clock` may be trusted, `mono` is ms since that boot."""

    at: int
    clock: ClockState
    boot: str
    mono: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact as stored: its bytes are sent as they are, so a resend is never a new fact."""

    seq: int
    data: bytes


def a_fact(fact: FactName, **fields: Any) -> Fact:
    return Fact(seq=1, at=0, clock="unknown", boot="unstamped", fact=fact, **fields)


def stamped(fact: Fact, stamp: Stamp) -> Fact:
    return msgspec.structs.replace(
        fact, at=stamp.at, clock=stamp.clock, boot=stamp.boot, mono=stamp.mono
    )
