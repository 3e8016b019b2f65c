"""What this node may believe about the time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.wire import DAY, HOUR, NOW
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
        (a_reading(), FLOOR, Anchor("b1", FLOOR - 50_001), "floor"),
        (a_reading(wall_ms=FLOOR - 1), FLOOR, UNBROKEN, "held"),
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


def anchored(reading: Reading, held: Anchor | None, proof: Proof | None = None) -> Anchor | None:
    return anchor_of(reading, judge(reading, FLOOR, None, held, proof), held)


def test_it_is_counted_from_the_latest_proof_or_else_from_the_latest_synced_time() -> None:
    proved = Anchor("b1", NOW - 50_000, proved=True, at_mono_ms=40_000)

    assert anchored(a_reading(synced=True), None) == replace(UNBROKEN, at_mono_ms=50_000)
    assert anchored(a_reading(), UNBROKEN) is UNBROKEN
    assert anchored(a_reading(), UNBROKEN, Proof(NOW - 10_000, 40_000)) == proved
    assert anchored(a_reading(synced=True, wall_ms=NOW + 30_000), proved) is proved


def test_an_ntp_client_that_steps_is_followed_and_its_jitter_is_not_written_down() -> None:
    assert anchored(a_reading(synced=True, wall_ms=NOW + 4_000), UNBROKEN) is UNBROKEN
    stepped = anchored(a_reading(synced=True, wall_ms=NOW + 60_000), UNBROKEN)
    assert stepped is not None
    assert stepped.offset_ms == UNBROKEN.offset_ms + 60_000


def test_a_system_clock_thrown_back_and_forth_moves_nothing() -> None:
    for wall in (0, NOW - 21 * DAY, NOW + 3 * DAY, NOW + 400 * DAY):
        clock = judge(a_reading(wall_ms=wall), FLOOR, None, UNBROKEN)
        assert (clock.state, clock.now_ms) == ("held", NOW)


def test_a_time_server_that_contradicts_a_proof_of_the_same_boot_is_not_believed() -> None:
    """A day after the last proof the line may be in the hands of whoever answers NTP there."""
    week = 7 * DAY
    proved = Anchor("b1", NOW - 50_000, proved=True, at_mono_ms=50_000)

    def synced(wall_ms: int, anchor: Anchor) -> Clock:
        reading = a_reading(synced=True, wall_ms=wall_ms, mono_ms=50_000 + week)
        return judge(reading, FLOOR, NOW + 60 * DAY, anchor)

    assert synced(NOW + week + 8 * HOUR, proved).now_ms == NOW + week
    assert synced(NOW + week + 20_000, proved).now_ms == NOW + week + 20_000
    assert synced(NOW + week + 8 * HOUR, UNBROKEN).now_ms == NOW + week + 8 * HOUR


def test_only_a_proved_clock_lets_a_document_raise_the_floor_and_only_up_to_its_own_time() -> None:
    unproved = Clock("synced", NOW, FLOOR)
    proved = Clock("proved", NOW, FLOOR, proof=Proof(NOW, 0))

    assert raised_floor(FLOOR, NOW, unproved) == FLOOR
    assert raised_floor(FLOOR, NOW - DAY, proved) == NOW - DAY
    assert raised_floor(FLOOR, NOW + 9 * DAY, proved) == NOW + 120_000
    assert raised_floor(FLOOR, FLOOR - DAY, proved) == FLOOR
