"""What this node may believe about the time."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.wire import DAY, NOW
from loa_node.clock import (
    BUILT_MS,
    Anchor,
    Clock,
    Proof,
    Reading,
    anchor_of,
    judge,
    raised_floor,
)

FLOOR = NOW - 10 * DAY


def a_reading(**changes: Any) -> Reading:
    values: dict[str, Any] = {
        "wall_ms": NOW,
        "mono_ms": 50_000,
        "boot": "b1",
        "synced": False,
        "chip": False,
    }
    return Reading(**{**values, **changes})


UNBROKEN = Anchor("b1", NOW - 50_000)


@pytest.mark.parametrize(
    ("reading", "floor", "anchor", "state"),
    [
        (a_reading(synced=True), FLOOR, None, "synced"),
        (a_reading(chip=True), FLOOR, None, "held"),
        (a_reading(), FLOOR, UNBROKEN, "held"),
        (a_reading(), FLOOR, Anchor("b0", NOW - 50_000), "floor"),
        (a_reading(), FLOOR, Anchor("b1", NOW - 90_000), "floor"),
        (a_reading(), FLOOR, None, "floor"),
        (a_reading(), BUILT_MS, None, "unknown"),
        (a_reading(synced=True, wall_ms=FLOOR - 1), FLOOR, None, "floor"),
        (a_reading(chip=True, wall_ms=BUILT_MS - 1), BUILT_MS, None, "unknown"),
    ],
)
def test_the_state_of_the_clock(
    reading: Reading, floor: int, anchor: Anchor | None, state: str
) -> None:
    assert judge(reading, floor, None, anchor).state == state


def test_ntp_is_not_believed_beyond_the_register() -> None:
    reading = a_reading(synced=True)

    assert judge(reading, FLOOR, NOW - DAY, None).state == "synced"
    assert judge(reading, FLOOR, NOW - DAY - 1, None).state == "floor"


def test_a_proof_counts_on_by_monotonic_time_whatever_the_wall_says() -> None:
    proof = Proof(time_ms=NOW, at_mono_ms=40_000)

    clock = judge(a_reading(wall_ms=0), FLOOR, None, None, proof)

    assert (clock.state, clock.now_ms, clock.proof_age_ms) == ("proved", NOW + 10_000, 10_000)


def test_without_a_calendar_only_the_floor_is_certain() -> None:
    assert judge(a_reading(), FLOOR, None, None).earliest_ms == FLOOR
    assert judge(a_reading(synced=True), FLOOR, None, None).earliest_ms == NOW


def test_the_anchor_is_renewed_only_while_synced() -> None:
    reading = a_reading(synced=True)
    synced = judge(reading, FLOOR, None, None)
    floor = judge(a_reading(), FLOOR, None, None)

    assert anchor_of(reading, synced, None) == UNBROKEN
    assert anchor_of(a_reading(), floor, UNBROKEN) is UNBROKEN


def test_only_a_proved_clock_lets_a_document_raise_the_floor_and_only_up_to_its_own_time() -> None:
    unproved = Clock("synced", NOW, FLOOR)
    proved = Clock("proved", NOW, FLOOR, proof=Proof(NOW, 0))

    assert raised_floor(FLOOR, NOW, unproved) == FLOOR
    assert raised_floor(FLOOR, NOW - DAY, proved) == NOW - DAY
    assert raised_floor(FLOOR, NOW + 9 * DAY, proved) == NOW + 120_000
    assert raised_floor(FLOOR, FLOOR - DAY, proved) == FLOOR
