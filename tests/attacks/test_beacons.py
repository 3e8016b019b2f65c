"""An alarm sounds only under a time that the district has just signed for this very question."""

from __future__ import annotations

from dataclasses import replace

from fakes.attacker import NO_CLOCK, Attacker, Hamlet, later
from fakes.wire import DAY, HOUR, NONCE, NOW, People, a_beacon, a_bulletin, ulid
from loa_node import trust
from loa_wire.bulletin import Bulletin
from loa_wire.down import Known

OTHER = "0f" * 16


def a_flood() -> Bulletin:
    return a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)


def test_an_old_emergency_comes_with_the_beacon_of_its_day(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """To a node off for weeks: both were good once, and it asks a question of its own."""
    beacon = attacker.records(district.sealed(a_beacon(nonce=OTHER), "ops"))
    hamlet.reboots(NO_CLOCK)
    hamlet.asks(NONCE)

    assert hamlet.refuses(beacon, "beacon") == "nonce"
    assert hamlet.would_believe(beacon, "beacon", without=trust.freshness)
    hamlet.hears(district.sealed(a_flood(), "province", "duty"))
    assert hamlet.holds() == []


def test_an_old_emergency_comes_before_the_time_of_today(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """The answer that frees what was held back is the answer that ends it."""
    attacker.records(district.sealed(a_flood(), "province", "duty"))
    hamlet.reboots(NO_CLOCK)
    hamlet.hears(attacker.replays())
    hamlet.asks()

    hamlet.hears_the_time(district.sealed(a_beacon(time=NOW + 21 * DAY), "ops"))

    assert hamlet.holds() == []
    assert [fact.reason for fact in hamlet.facts("refused")] == ["expired"]


def test_an_answer_is_held_back_to_set_the_clock_behind(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    hamlet.asks()
    beacon = attacker.records(district.sealed(a_beacon(), "ops"))
    hamlet.clock = later(hamlet.clock, 30_001)

    assert hamlet.refuses(beacon, "beacon") == "late_answer"
    assert hamlet.would_believe(beacon, "beacon", without=trust.freshness)


def test_an_answer_is_given_twice_to_hold_the_clock_still(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    hamlet.asks()
    beacon = attacker.records(district.sealed(a_beacon(), "ops"))
    hamlet.hears_the_time(beacon)
    proof = hamlet.standing.proof
    hamlet.clock = later(hamlet.clock, 20_000)

    hamlet.hears_the_time(attacker.replays())

    assert hamlet.standing.proof == proof
    assert hamlet.would_believe(beacon, "beacon", without=trust.freshness)


def test_the_neighbours_answer_is_passed_on(hamlet: Hamlet, district: People) -> None:
    hamlet.asks()
    theirs = district.sealed(a_beacon(node="tq-02"), "ops")

    assert hamlet.refuses(theirs, "beacon") == "not_here"
    assert hamlet.would_believe(theirs, "beacon", without=trust.for_this_node)


def test_a_commune_key_tells_the_time(hamlet: Hamlet, attacker: Attacker) -> None:
    hamlet.asks()
    told = attacker.steals("publisher")(a_beacon())

    assert hamlet.refuses(told, "beacon") == "may"
    assert hamlet.would_believe(told, "beacon", without=trust.keys_that_count)


def test_the_beacon_key_is_stolen_and_puts_the_clock_back(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """Never behind what the district has proved before, not even after a reboot."""
    hamlet.asks(OTHER)
    hamlet.hears_the_time(district.sealed(a_beacon(nonce=OTHER, time=NOW + 5 * DAY), "ops"))
    hamlet.reboots(replace(NO_CLOCK, floor_ms=hamlet.standing.floor_ms))
    hamlet.asks()
    back = attacker.steals("ops")(a_beacon(time=NOW + HOUR))

    assert hamlet.refuses(back, "beacon") == "before_floor"
    assert hamlet.would_believe(back, "beacon", without=trust.time_window)


def test_the_beacon_key_is_stolen_and_throws_the_clock_forward(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """Beyond the register by a day and no further: else every bulletin would be over for ever."""
    ending = district.register(version=2, exp=NOW + 9 * DAY)
    hamlet.fetches(district.sealed_register(ending), "authority")
    floor = hamlet.standing.floor_ms
    hamlet.asks()

    hamlet.hears_the_time(attacker.steals("ops")(a_beacon(time=NOW + 11 * DAY)))

    assert (hamlet.standing.proof, hamlet.standing.floor_ms) == (None, floor)
    hamlet.asks(OTHER)
    within = attacker.steals("ops")(a_beacon(nonce=OTHER, time=NOW + 9 * DAY))
    assert hamlet.hears_the_time(within).proved  # so far it can be thrown


def test_the_beacon_key_is_stolen_and_a_register_is_invented(
    hamlet: Hamlet, district: People, attacker: Attacker
) -> None:
    """It stops priorities until the next honest answer, and never everyday speech."""
    hamlet.asks(OTHER)
    invented = Known(version=999, sha256="a" * 64)
    hamlet.hears_the_time(attacker.steals("ops")(a_beacon(nonce=OTHER, authority=invented)))
    urgent = district.sealed(a_bulletin(id=ulid(2), level="priority"), "publisher")
    hamlet.hears(urgent)
    hamlet.hears(district.sealed(a_bulletin(), "publisher"))
    assert hamlet.holds() == [ulid(1)]

    hamlet.asks()
    hamlet.hears_the_time(district.sealed(a_beacon(), "ops"))

    assert sorted(hamlet.holds()) == [ulid(1), ulid(2)]


def test_the_broker_invents_a_newer_register_to_silence_alarms(
    hamlet: Hamlet, district: People
) -> None:
    """Pointers are unsigned: they say where to look, and hold back nothing."""
    hamlet.intake.message("loa/1/unit/hon-quan/authority", _pointer(999), hamlet.clock)
    hamlet.hears(district.sealed(a_flood(), "province", "duty"))
    hamlet.asks()

    hamlet.hears_the_time(district.sealed(a_beacon(), "ops"))

    assert hamlet.holds() == [ulid(1)]


def _pointer(version: int) -> bytes:
    return b'{"version":%d,"sha256":"%s"}' % (version, b"a" * 64)
