"""Whoever has the line lets through what suits them: a register, a stop, the end of an alarm."""

from __future__ import annotations

from dataclasses import replace

from fakes.attacker import PROVED, SYNCED, Attacker, Hamlet, later
from fakes.wire import (
    DAY,
    HAMLET,
    HOUR,
    NOW,
    People,
    a_bulletin,
    a_manifest,
    an_item,
    some_emergencies,
    ulid,
)
from loa_node import inbox, trust
from loa_node.clock import Proof
from loa_wire import topics
from loa_wire.bulletin import Stops


def test_the_newest_register_is_withheld_to_keep_a_revoked_key_in_use(
    hamlet: Hamlet, attacker: Attacker
) -> None:
    """It may be withheld for as long as the old one lives; then only everyday speech is left."""
    lasting = later(SYNCED, 61 * DAY)
    hamlet.clock = replace(lasting, state="proved", proof=Proof(lasting.now_ms, lasting.mono_ms))
    now = hamlet.clock.now_ms
    raised = attacker.steals("province")(
        a_bulletin(level="priority", iat=NOW + 59 * DAY, nbf=now, exp=now + DAY)
    )

    assert hamlet.refuses(raised) == "register_expired"
    assert hamlet.would_believe(raised, without=trust.register_is_current)


def test_everyday_speech_outlives_a_withheld_register(hamlet: Hamlet, district: People) -> None:
    """Else whoever cuts a line for three months silences every hamlet behind it."""
    hamlet.clock = later(SYNCED, 61 * DAY)
    now = hamlet.clock.now_ms
    everyday = a_bulletin(iat=NOW + 59 * DAY, nbf=now, exp=now + DAY)

    hamlet.hears(district.sealed(everyday, "publisher"))

    assert hamlet.holds() == [everyday.id]


def test_an_index_leaves_a_bulletin_out(hamlet: Hamlet, district: People) -> None:
    """Absence removes nothing: only its end, a correction or a stop does."""
    data = district.sealed(a_bulletin(), "publisher")
    hamlet.hears(data)
    hamlet.hears(district.sealed(a_manifest(an_item(a_bulletin(), data)), "ops"), "manifest")

    news = hamlet.hears(district.sealed(a_manifest(version=2), "ops"), "manifest")

    assert news.silenced == {}
    assert hamlet.holds() == [ulid(1)]
    hamlet.shelf.mark([ulid(1)], "dropped")  # had absence been a removal …
    assert hamlet.holds() == []


def test_an_index_leaves_a_stop_out(hamlet: Hamlet, district: People) -> None:
    """Nor does it bring back what was stopped."""
    hamlet.hears(district.sealed(a_bulletin(), "publisher"))
    stop = a_bulletin(kind="stop", id=ulid(9), schedule=None, audio={}, stops=Stops(ids=[ulid(1)]))
    hamlet.hears(district.sealed(stop, "publisher"))

    hamlet.hears(district.sealed(a_manifest(version=2), "ops"), "manifest")

    assert hamlet.holds() == [ulid(9)]


def test_an_empty_retained_message_ends_an_alarm(hamlet: Hamlet, district: People) -> None:
    flood = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
    hamlet.clock = PROVED
    envelope = district.sealed(flood, "province", "duty")
    hamlet.hears(district.sealed(some_emergencies(envelope), "ops"), "emergencies")

    for what in ("emergency", "bulletin", "manifest"):
        hamlet.intake.message(topics.area(HAMLET, what), b"", hamlet.clock)
    hamlet.hears(district.sealed(some_emergencies(version=2), "ops"), "emergencies")

    assert hamlet.holds() == [flood.id]  # not even the district's own empty list ends it
    clear = a_bulletin(
        kind="all_clear", id=ulid(2), level="emergency", ends=flood.id, iat=NOW + HOUR,
        nbf=NOW + HOUR, exp=NOW + 2 * HOUR, schedule=None,
    )  # fmt: skip
    assert hamlet.hears(district.sealed(clear, "province", "duty")).silenced
    assert flood.id not in hamlet.holds()  # what the right people sign does


def test_the_all_clear_of_another_alarm_is_let_through(hamlet: Hamlet, district: People) -> None:
    flood = a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR)
    other = a_bulletin(
        kind="all_clear", id=ulid(2), level="emergency", ends=ulid(7), exp=NOW + 2 * HOUR,
        schedule=None,
    )  # fmt: skip
    hamlet.clock = PROVED
    hamlet.hears(district.sealed(flood, "province", "duty"))

    hamlet.hears(district.sealed(other, "province", "duty"))

    assert flood.id in hamlet.holds()


def test_documents_come_in_the_order_that_suits_the_attacker(
    hamlet: Hamlet, district: People
) -> None:
    """The correction first, the stop before what it stops, the register last."""
    correction = district.sealed(a_bulletin(rev=2, text={"vi": "Tám giờ."}), "publisher")
    hamlet.hears(correction)
    assert hamlet.refuses(district.sealed(a_bulletin(rev=1), "publisher")) == "rollback"

    assert [one.bulletin.rev for one in hamlet.shelf.bulletins()] == [2]


def test_the_stop_is_moved_before_what_it_stops(hamlet: Hamlet, district: People) -> None:
    stop = a_bulletin(kind="stop", id=ulid(9), schedule=None, audio={}, stops=Stops(ids=[ulid(1)]))
    hamlet.hears(district.sealed(stop, "publisher"))
    late = district.sealed(a_bulletin(), "publisher")

    assert hamlet.refuses(late) == "stopped"
    assert not inbox.silences(a_bulletin(), a_bulletin())  # only a held stop says so
    assert isinstance(trust.judge(late, "bulletin", hamlet.held()), trust.Accepted)
