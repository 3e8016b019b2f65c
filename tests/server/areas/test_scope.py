from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loa_server.areas.scope import (
    Granted,
    Standing,
    above,
    covers,
    ids_of,
    outermost,
    path_of,
    path_range,
)

TODAY = date(2026, 1, 5)
IDS = st.text(alphabet="abz019_-", min_size=1, max_size=4)
PATHS = st.lists(IDS, min_size=1, max_size=4).map(lambda ids: f"/{'/'.join(ids)}/")


def standing(*grants: Granted, active: bool = True) -> Standing:
    return Standing(7, active, grants, TODAY)


@given(PATHS, PATHS)
def test_the_range_of_a_scope_is_exactly_what_it_covers(scope: str, path: str) -> None:
    low, high = path_range(scope)

    assert (low <= path < high) == covers(scope, path)


@given(PATHS, PATHS)
def test_a_scope_covers_a_place_only_through_its_whole_ids(scope: str, path: str) -> None:
    assert covers(scope, path) == (ids_of(path)[: len(ids_of(scope))] == ids_of(scope))


@given(st.lists(PATHS, max_size=6), PATHS)
def test_the_outermost_scopes_reach_just_as_far(scopes: list[str], path: str) -> None:
    kept = outermost(scopes)

    assert any(covers(s, path) for s in kept) == any(covers(s, path) for s in scopes)
    assert not any(covers(a, b) for a in kept for b in kept if a != b)


def test_a_path_grows_downward_and_is_read_upward() -> None:
    path = path_of(path_of("", "vn-75"), "vn-25351")

    assert path == "/vn-75/vn-25351/"
    assert above(path_of(path, "vn-25351-03")) == ["vn-25351", "vn-75"]
    assert above("/vn-75/") == []


def test_a_grant_holds_in_its_area_and_below_it() -> None:
    author = standing(Granted("author", "/vn-75/vn-25351/"))

    assert author.may("author", "/vn-75/vn-25351/vn-25351-03/")
    assert not author.may("author", "/vn-75/")
    assert not author.may("author", "/vn-75/vn-253519/")
    assert not author.may("approver", "/vn-75/vn-25351/")


def test_one_place_outside_is_enough_to_say_no() -> None:
    author = standing(Granted("author", "/a/b/"))

    assert author.may_all("author", ["/a/b/", "/a/b/c/"])
    assert not author.may_all("author", ["/a/b/", "/a/d/"])
    assert not author.may_all("author", [])


def test_a_grant_ends_after_its_last_day() -> None:
    lasting = standing(Granted("author", "/a/", until=TODAY))
    over = standing(Granted("author", "/a/", until=TODAY - timedelta(days=1)))

    assert lasting.may("author", "/a/")
    assert not over.may("author", "/a/")


def test_a_closed_account_reaches_nothing() -> None:
    closed = standing(Granted("author", "/a/"), active=False)

    assert closed.scopes() == []
    assert not closed.may("author", "/a/")
