"""Whoever moves a hamlet's clock decides what is over and what is due. What the node believes of
a clock is bounded on both sides, and no bulletin has a say in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakes.attacker import NO_CLOCK, PROVED, SYNCED, Attacker, Hamlet, later
from fakes.wire import DAY, HOUR, NOW, People, a_bulletin, ulid
from loa_node import clock, inbox, trust
from loa_node.clock import Anchor, Proof, Reading
from loa_wire.bulletin import Stops
from loa_wire.limits import CLOCK_SKEW_MS

FLOOR = NOW - DAY
REGISTER_ENDS = NOW + 60 * DAY
SEEN_SYNCED = Anchor("b1", NOW - 61_000)


def a_reading(wall_ms: int = NOW, **changes: Any) -> Reading:
    made = Reading(wall_ms, mono_ms=61_000, boot="b1", synced=False, chip=False)
    return replace(made, **changes)


def test_the_clock_is_rolled_back_to_play_what_is_over() -> None:
    back = a_reading(FLOOR - 1, synced=True)

    assert not clock.judge(back, FLOOR, REGISTER_ENDS, None).calendar
    assert clock.judge(back, 0, REGISTER_ENDS, None).calendar  # without the floor it would be


def test_the_clock_chip_is_rolled_back() -> None:
    """A thief of the battery, or a chip that lost it: 1970, or the day the image was made."""
    back = a_reading(FLOOR - 1, chip=True)

    assert clock.judge(back, FLOOR, REGISTER_ENDS, None).state == "floor"
    assert clock.judge(back, 0, REGISTER_ENDS, None).state == "held"


def test_the_clock_is_thrown_forward_beyond_the_register() -> None:
    """A false time server would end every bulletin, and every key."""
    ahead = a_reading(REGISTER_ENDS + DAY + 1, synced=True)

    assert not clock.judge(ahead, FLOOR, REGISTER_ENDS, None).calendar
    assert clock.judge(ahead, FLOOR, None, None).calendar  # without the register's end it would


def test_it_is_set_by_hand_while_the_node_runs() -> None:
    """What was known in this boot is counted on; only where nothing was is there a chip to ask."""
    moved = a_reading(NOW + HOUR, chip=True)

    assert clock.judge(moved, FLOOR, REGISTER_ENDS, SEEN_SYNCED).now_ms == NOW
    assert clock.judge(moved, FLOOR, REGISTER_ENDS, None).now_ms == NOW + HOUR


def test_the_clock_of_yesterdays_boot_vouches_for_nothing() -> None:
    assert not clock.judge(
        a_reading(), FLOOR, REGISTER_ENDS, replace(SEEN_SYNCED, boot="b0")
    ).calendar
    assert clock.judge(a_reading(), FLOOR, REGISTER_ENDS, SEEN_SYNCED).calendar


def test_a_proof_outweighs_every_other_clock() -> None:
    lying = a_reading(NOW + 30 * DAY, synced=True, chip=True)

    proved = clock.judge(lying, FLOOR, REGISTER_ENDS, None, Proof(NOW, at_mono_ms=60_000))

    assert (proved.state, proved.now_ms) == ("proved", NOW + 1_000)
    assert clock.judge(lying, FLOOR, REGISTER_ENDS, None).now_ms == NOW + 30 * DAY


def test_a_false_time_server_makes_a_hamlet_empty_its_shelf(
    hamlet: Hamlet, district: People
) -> None:
    """What leaves the card cannot come back: its id and revision are known."""
    hamlet.hears(district.sealed(a_bulletin(), "publisher"))
    lied_to = later(SYNCED, 20 * DAY)

    assert inbox.long_over(hamlet.shelf.bulletins(), lied_to) == []
    assert lied_to.earliest_ms > NOW + 2 * DAY  # by which it would have gone
    proved = later(PROVED, 20 * DAY)
    assert inbox.long_over(hamlet.shelf.bulletins(), proved) == [ulid(1)]


def test_a_bulletin_pushes_the_floor(hamlet: Hamlet, district: People) -> None:
    """Commune keys sign bulletins: if these moved the floor, one could end all the others."""
    hamlet.clock = PROVED
    before = hamlet.standing.floor_ms
    far = a_bulletin(iat=NOW + HOUR, nbf=NOW + 30 * DAY, exp=NOW + 31 * DAY)

    hamlet.hears(district.sealed(far, "publisher"))

    assert hamlet.standing.floor_ms == before
    register = district.sealed_register(district.register(version=2, iat=NOW + HOUR))
    hamlet.fetches(register, "authority")
    assert hamlet.standing.floor_ms == NOW + HOUR  # what the authority signs does


def test_a_bulletin_is_post_dated_to_be_the_last_word(hamlet: Hamlet, district: People) -> None:
    post_dated = district.sealed(a_bulletin(iat=NOW + 3 * HOUR, nbf=NOW + 3 * HOUR), "publisher")

    assert hamlet.refuses(post_dated) == "future"
    assert hamlet.would_believe(post_dated, without=trust.time_window)


def test_a_register_is_post_dated_to_raise_the_floor(hamlet: Hamlet, district: People) -> None:
    ahead = NOW + 30 * DAY
    post_dated = district.register(version=2, iat=ahead, exp=ahead + 60 * DAY)
    hamlet.clock = PROVED

    hamlet.fetches(district.sealed_register(post_dated), "authority")

    assert hamlet.standing.floor_ms <= PROVED.now_ms + CLOCK_SKEW_MS
    wherever_the_proof = replace(PROVED, now_ms=ahead, proof=Proof(ahead, PROVED.mono_ms))
    assert clock.raised_floor(FLOOR, ahead, wherever_the_proof) == ahead


def test_a_register_raises_the_floor_of_a_node_without_a_proof(
    hamlet: Hamlet, district: People
) -> None:
    before = hamlet.standing.floor_ms
    ahead = NOW + 30 * DAY
    post_dated = district.register(version=2, iat=ahead, exp=ahead + 60 * DAY)

    hamlet.fetches(district.sealed_register(post_dated), "authority")

    assert hamlet.standing.floor_ms == before
    assert clock.raised_floor(before, NOW + HOUR, PROVED) == NOW + HOUR


def test_a_stop_is_suppressed_by_a_bad_clock(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """Behind, ahead, unknown: the hand that stops a loudspeaker asks no clock."""
    hamlet.hears(district.sealed(a_bulletin(exp=NOW + 30 * DAY), "publisher"))
    stop = a_bulletin(kind="stop", id=ulid(9), schedule=None, audio={}, stops=Stops(ids=[ulid(1)]))
    data = attacker.records(district.sealed(stop, "publisher"))
    for bad in (NO_CLOCK, replace(SYNCED, now_ms=NOW - 9 * DAY), later(SYNCED, 9 * DAY)):
        held = replace(hamlet.held(), clock=bad)
        assert isinstance(trust.judge(data, "bulletin", held), trust.Accepted)
    hamlet.clock = later(SYNCED, 9 * DAY)

    assert hamlet.hears(data).silenced == {ulid(1): "stop"}
    as_speech = district.sealed(a_bulletin(id=ulid(3)), "publisher")  # by the same clock
    assert hamlet.refuses(as_speech) == "expired"


def test_an_old_emergency_reaches_a_node_that_was_off_for_weeks(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    flood = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
    attacker.records(district.sealed(flood, "province", "duty"))
    hamlet.reboots(NO_CLOCK)  # it cannot know that three weeks went by

    assert hamlet.refuses(attacker.replays()) == "no_proof"
    assert hamlet.would_believe(attacker.replays(), without=trust.freshness)


def test_an_old_emergency_under_a_time_server_that_lies(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """The line is the attacker's, its time servers too: for an alarm only a proof will do."""
    flood = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
    attacker.records(district.sealed(flood, "province", "duty"))
    hamlet.clock = SYNCED

    assert hamlet.refuses(attacker.replays()) == "no_proof"
    assert hamlet.would_believe(attacker.replays(), without=trust.freshness)


def test_an_emergency_under_a_proof_of_this_morning(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    flood = a_bulletin(level="emergency", alert="flood", exp=NOW + 5 * HOUR)
    attacker.records(district.sealed(flood, "province", "duty"))
    hamlet.clock = later(PROVED, 16 * 60_000)

    assert hamlet.refuses(attacker.replays()) == "no_proof"
    assert hamlet.would_believe(attacker.replays(), without=trust.freshness)


def test_after_a_reboot_a_proof_is_no_proof(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """It is counted in this boot's unbroken time, so it cannot outlive it."""
    hamlet.clock = PROVED
    flood = a_bulletin(level="emergency", alert="flood", exp=NOW + 5 * HOUR)
    data = attacker.records(district.sealed(flood, "province", "duty"))
    rebooted = clock.judge(
        a_reading(boot="b2"), hamlet.standing.floor_ms, REGISTER_ENDS, SEEN_SYNCED
    )
    hamlet.reboots(rebooted)

    assert hamlet.refuses(data) == "no_proof"
    assert hamlet.would_believe(data, without=trust.freshness)
