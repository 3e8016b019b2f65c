"""Which places hear what comes from above at once, and which decide for themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.wire import HOUR, a_bulletin
from loa_server.areas.scope import covers
from loa_server.dispatch.handing import AT_ONCE, MOST, due, routes
from loa_wire.bulletin import Schedule
from loa_wire.localtime import LOCAL

TOP = "/vn-75/"
PLACES = [
    TOP,
    *(f"{TOP}c{c}/" for c in range(4)),
    *(f"{TOP}c{c}/h{h}/" for c in range(4) for h in range(3)),
]


def test_without_anybody_below_all_hear_it_at_once() -> None:
    found = routes(TOP, [TOP], [], PLACES)

    assert (found.direct, found.desks) == ((TOP,), ())


def test_a_communes_own_bulletin_asks_nobody() -> None:
    found = routes("/vn-75/c1/", ["/vn-75/c1/"], ["/vn-75/c1/", "/vn-75/c2/"], PLACES)

    assert (found.direct, found.desks) == (("/vn-75/c1/",), ())


def test_whoever_has_people_decides_and_the_rest_hears_it_at_once() -> None:
    found = routes(TOP, [TOP], ["/vn-75/c1/"], PLACES)

    assert found.desks == ("/vn-75/c1/",)
    assert found.direct == ("/vn-75/c0/", "/vn-75/c2/", "/vn-75/c3/")


def test_a_hamlet_named_alone_is_its_communes_to_decide() -> None:
    found = routes(TOP, ["/vn-75/c1/h2/", "/vn-75/c2/h0/"], ["/vn-75/c1/"], PLACES)

    assert (found.direct, found.desks) == (("/vn-75/c2/h0/",), ("/vn-75/c1/",))


def test_a_hamlets_own_people_do_not_decide_against_their_commune() -> None:
    found = routes(TOP, [TOP], ["/vn-75/c1/", "/vn-75/c1/h1/"], PLACES)

    assert found.desks == ("/vn-75/c1/",)


@given(
    aimed=st.sets(st.sampled_from(PLACES), min_size=1),
    staffed=st.sets(st.sampled_from(PLACES)),
)
def test_no_hamlet_is_left_out_and_none_hears_it_twice(aimed: set[str], staffed: set[str]) -> None:
    found = routes(TOP, aimed, staffed, PLACES)

    for hamlet in (place for place in PLACES if place.count("/") == 4):
        meant = any(covers(target, hamlet) for target in aimed)
        at_once = sum(covers(path, hamlet) for path in found.direct)
        decided = any(covers(desk, hamlet) for desk in found.desks)
        if meant:
            assert at_once + decided == 1, hamlet
        else:
            assert at_once == 0, hamlet


MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("level", "schedule", "by"),
    [
        ("normal", Schedule(mode="now"), None),
        ("priority", Schedule(mode="now"), MORNING + AT_ONCE),
        ("priority", Schedule(mode="slots"), MORNING + AT_ONCE),
        ("priority", Schedule(mode="at", times=["17:00"]), MORNING + timedelta(hours=8.5)),
        ("priority", Schedule(mode="at", times=["08:10"]), MORNING + timedelta(minutes=30)),
        (
            "priority",
            Schedule(mode="at", times=["17:00"], start="2026-11-25"),
            MORNING + MOST,
        ),
    ],
)
def test_until_when_a_commune_may_place_it(level: Any, schedule: Schedule, by: Any) -> None:
    start = round(MORNING.timestamp() * 1000)
    frozen = a_bulletin(level=level, schedule=schedule, iat=start, nbf=start, exp=start + 96 * HOUR)

    assert due(frozen, MORNING.astimezone(UTC)) == by
