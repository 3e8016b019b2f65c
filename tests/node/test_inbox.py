"""From bytes to the shelf: Kept, Known or Refused, and what a stop ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.shelf import FakeShelf
from fakes.wire import (
    DAY,
    HAMLET,
    HOUR,
    NODE,
    NOW,
    People,
    a_bulletin,
    an_ack,
    an_assignment,
    some_settings,
    ulid,
)
from loa_node import inbox
from loa_node.clock import Clock
from loa_node.inbox import Kept, Known, receive, silences
from loa_node.register import Refused
from loa_node.trust import Held
from loa_wire.bulletin import Origin, Stops

PEOPLE = People()


def a_node(shelf: FakeShelf, **changes: Any) -> Held:
    values: dict[str, Any] = {
        "node": NODE,
        "root": PEOPLE.root(),
        "register": PEOPLE.register(),
        "newer_register": False,
        "assignment": an_assignment(),
        "clock": Clock("synced", NOW + HOUR, NOW - DAY),
        "seen": shelf,
    }
    return Held(**{**values, **changes})


def give(shelf: FakeShelf, bulletin: Any, *duties: str) -> inbox.Outcome:
    data = PEOPLE.sealed(bulletin, *(duties or ("publisher",)))
    return receive(data, "bulletin", a_node(shelf), shelf)


def a_stop(**changes: Any) -> Any:
    values = {"kind": "stop", "id": ulid(9), "schedule": None, "stops": Stops(ids=[ulid(1)])}
    return a_bulletin(**{**values, **changes})


def held(shelf: FakeShelf) -> list[str]:
    return [one.bulletin.id for one in shelf.bulletins()]


def test_a_new_bulletin_is_kept_with_its_bytes() -> None:
    shelf = FakeShelf()
    data = PEOPLE.sealed(a_bulletin(), "publisher")

    outcome = receive(data, "bulletin", a_node(shelf), shelf)

    assert outcome == Kept(a_bulletin())
    assert shelf.bulletins()[0].envelope == data


def test_the_same_envelope_twice_is_known_and_not_judged_again() -> None:
    shelf = FakeShelf()
    data = PEOPLE.sealed(a_bulletin(), "publisher")
    receive(data, "bulletin", a_node(shelf), shelf)

    assert receive(data, "bulletin", a_node(shelf, register=None), shelf) == Known()


def test_other_bytes_under_a_revision_that_is_held_are_refused() -> None:
    shelf = FakeShelf()
    give(shelf, a_bulletin())

    outcome = give(shelf, a_bulletin(text={"vi": "khác"}))

    assert isinstance(outcome, Refused)
    assert shelf.bulletins()[0].bulletin == a_bulletin()


def test_documents_are_kept_under_their_name_and_known_the_second_time() -> None:
    shelf = FakeShelf()
    data = PEOPLE.sealed(some_settings(), "settings")

    first = receive(data, "settings", a_node(shelf), shelf)

    assert first == Kept(some_settings())
    assert shelf.document("settings") == data
    assert receive(data, "settings", a_node(shelf), shelf) == Known()


def test_an_ack_leaves_only_the_time_it_was_issued() -> None:
    shelf = FakeShelf()

    receive(PEOPLE.sealed(an_ack(), "ops"), "ack", a_node(shelf), shelf)

    assert shelf.version_of("ack") == NOW


@given(st.binary(max_size=400), st.sampled_from(["bulletin", "settings", "ack", "command"]))
def test_noise_leaves_the_shelf_as_it_was(data: bytes, typ: str) -> None:
    shelf = FakeShelf()

    assert isinstance(receive(data, typ, a_node(shelf), shelf), Refused)
    assert (shelf.rows, shelf.documents) == ({}, {})


def test_a_stop_ends_what_it_names_and_stays_itself() -> None:
    shelf = FakeShelf()
    give(shelf, a_bulletin())
    give(shelf, a_bulletin(id=ulid(2)))

    outcome = give(shelf, a_stop())

    assert isinstance(outcome, Kept)
    assert outcome.ended == (ulid(1),)
    assert held(shelf) == [ulid(2), ulid(9)]


def test_what_a_held_stop_covers_cannot_arrive_after_it() -> None:
    shelf = FakeShelf()
    give(shelf, a_stop())

    outcome = give(shelf, a_bulletin())

    assert isinstance(outcome, Refused)
    assert outcome.code == "stopped"


@pytest.mark.parametrize(
    ("stop", "bulletin", "ends"),
    [
        (a_stop(), a_bulletin(), True),
        (a_stop(), a_bulletin(id=ulid(2)), False),
        (a_stop(), a_bulletin(id=ulid(2), origin=Origin(id=ulid(1), rev=1)), True),
        (a_stop(iat=NOW - 1), a_bulletin(), False),
        (a_stop(stops=Stops(area=HAMLET, issued_upto=NOW)), a_bulletin(), True),
        (a_stop(stops=Stops(area=HAMLET, issued_upto=NOW - 1)), a_bulletin(), False),
        (a_stop(stops=Stops(area="ap-9", issued_upto=NOW)), a_bulletin(), False),
        # whoever hears it stands in its area: also what the whole commune is told falls silent
        (
            a_stop(areas=[HAMLET], stops=Stops(area=HAMLET, issued_upto=NOW)),
            a_bulletin(areas=["tan-quan"]),
            True,
        ),
        (a_stop(), a_bulletin(level="priority"), False),
        (a_stop(level="priority"), a_bulletin(level="priority"), True),
        (a_stop(kind="all_clear", stops=None, ends=ulid(1)), a_bulletin(), True),
        (a_stop(kind="all_clear", stops=None, ends=ulid(2)), a_bulletin(), False),
        (a_stop(), a_stop(id=ulid(1)), False),
        (a_bulletin(), a_bulletin(), False),
    ],
)
def test_what_a_stop_reaches(stop: Any, bulletin: Any, ends: Any) -> None:
    assert silences(stop, bulletin) is ends


def test_a_correction_issued_after_the_stop_is_heard() -> None:
    shelf = FakeShelf()
    give(shelf, a_bulletin())
    give(shelf, a_stop())

    correction = a_bulletin(rev=2, iat=NOW + 1, nbf=NOW + 1)

    assert isinstance(give(shelf, correction), Kept)


def test_a_register_without_the_key_takes_back_what_it_had_signed() -> None:
    shelf = FakeShelf()
    give(shelf, a_bulletin())
    give(shelf, a_bulletin(id=ulid(2)), "province")
    revoked = PEOPLE.register(version=2, keys=[PEOPLE.register_key("province")])

    dropped = inbox.no_longer_believed(a_node(shelf, register=revoked), shelf.bulletins())

    assert [(i, why.code) for i, why in dropped] == [(ulid(1), "unknown_key")]


def test_a_new_clock_takes_nothing_back() -> None:
    shelf = FakeShelf()
    give(shelf, a_bulletin(level="priority"))
    later = a_node(shelf, clock=Clock("floor", NOW - DAY, NOW - DAY), newer_register=True)

    assert inbox.no_longer_believed(later, shelf.bulletins()) == []


def test_a_refused_bulletin_can_still_be_named() -> None:
    named = inbox.about(PEOPLE.sealed(a_bulletin(rev=3), "duty"))

    assert named is not None
    assert (named.id, named.rev) == (ulid(1), 3)
    assert inbox.about(b"garbage") is None
