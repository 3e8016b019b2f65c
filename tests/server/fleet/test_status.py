from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loa_server.fleet.status import Heard, Problem, codes, presence, problems, read_health
from loa_wire.up import Applied, Backlog, Health, Outlet, Readings, Shelf

NOW = datetime(2026, 1, 5, 6, tzinfo=UTC)


def heard(seconds_ago: float = 5, **changes: Any) -> Heard:
    values = {"seen_at": NOW - timedelta(seconds=seconds_ago), "online": True, **changes}
    return Heard(**values)


def healthy(**changes: Any) -> Health:
    values = {"node": "tq-01", "at": 0, "clock": "synced", "boot": "b1", **changes}
    return Health(**values)


@pytest.mark.parametrize(
    ("seconds", "every_s", "expected"),
    [
        (0, 60, "online"),
        (66, 60, "online"),
        (67, 60, "late"),
        (90, 60, "late"),
        (91, 60, "offline"),
        (900, 900, "online"),
        (1351, 900, "offline"),
    ],
)
def test_online_means_heard_within_one_and_a_half_heartbeats(
    seconds: int, every_s: int, expected: str
) -> None:
    assert presence(heard(seconds, every_s=every_s), NOW) == expected


def test_a_will_makes_it_offline_at_once() -> None:
    assert presence(heard(1, online=False), NOW) == "offline"


def test_a_node_that_never_spoke_is_not_called_offline() -> None:
    silent = heard(seen_at=None, online=False)

    assert presence(silent, NOW) == "never"
    assert problems(silent, NOW) == [Problem("never")]


def test_a_clock_of_the_district_that_went_back_leaves_it_online() -> None:
    assert presence(heard(-30), NOW) == "online"


def test_a_node_in_good_health_has_no_problem() -> None:
    good = healthy(
        player=Outlet(alive=True),
        screen=Outlet(alive=True),
        readings=Readings(temperature_dc=520, card_free_mb=9000, card_writable=True),
        applied=Applied(assignment=2, settings=3, manifests={"vn-25351": 7}),
        journal=Backlog(epoch="e1", last=9, acked=9),
    )

    node = heard(health=good, assignment=2, settings=3, manifests={"vn-25351": 7})

    assert problems(node, NOW) == []


@pytest.mark.parametrize(
    ("health", "problem"),
    [
        (healthy(clock="unknown"), Problem("no_clock")),
        (healthy(player=Outlet(alive=False, detail="no device")), Problem("player", "no device")),
        (healthy(screen=Outlet(alive=False)), Problem("screen")),
        (healthy(readings=Readings(card_free_mb=199)), Problem("card_full", "199")),
        (healthy(readings=Readings(card_read_only=True)), Problem("card_read_only")),
        (healthy(readings=Readings(card_writable=False)), Problem("card_read_only")),
        (healthy(readings=Readings(card_errors=3)), Problem("card_errors", "3")),
        (healthy(readings=Readings(temperature_dc=815)), Problem("hot", "81")),
        (healthy(readings=Readings(under_voltage=True)), Problem("under_voltage")),
        (
            healthy(readings=Readings(under_voltage=True, power_dips=7)),
            Problem("under_voltage", "7×"),
        ),
        (healthy(readings=Readings(wifi_dbm=-85)), Problem("wifi", "-85")),
        (healthy(readings=Readings(memory_free_mb=12)), Problem("memory_low", "12")),
        (healthy(shelf=Shelf(media_missing=2)), Problem("media_missing", "2")),
        (healthy(missing_clips=1), Problem("clips_missing", "1")),
        (
            healthy(journal=Backlog(epoch="e1", last=2001, acked=1000)),
            Problem("backlog", "1001"),
        ),
    ],
)
def test_what_ails_a_node_is_named(health: Health, problem: Problem) -> None:
    assert problems(heard(health=health), NOW) == [problem]


def test_a_node_that_has_not_applied_what_was_published_is_behind() -> None:
    behind = healthy(applied=Applied(assignment=1, settings=3, manifests={"a": 7, "b": 2}))

    node = heard(health=behind, assignment=2, settings=3, manifests={"a": 7, "b": 3, "c": 1})

    assert problems(node, NOW) == [
        Problem("behind", "assignment"),
        Problem("behind", "manifest b"),
        Problem("behind", "manifest c"),
    ]


def test_a_silent_node_keeps_what_it_last_complained_of() -> None:
    node = heard(600, health=healthy(readings=Readings(under_voltage=True)))

    assert problems(node, NOW) == [Problem("offline", "600"), Problem("under_voltage")]


def test_health_is_read_as_the_database_keeps_it() -> None:
    stored = {"typ": "health", "v": 1, "node": "tq-01", "at": 1, "clock": "synced", "boot": "b"}

    assert read_health(stored) == healthy(at=1, boot="b")
    assert read_health({}) is None
    assert read_health({"node": 5}) is None


def test_what_it_says_of_itself_is_kept_as_codes_without_the_time() -> None:
    ailing = healthy(readings=Readings(temperature_dc=820, wifi_dbm=-85), missing_clips=2)

    assert codes(ailing) == " wifi hot clips_missing "
    assert codes(healthy()) == ""
    assert {p.code for p in problems(heard(600, health=ailing), NOW)} - {"offline"} == set(
        codes(ailing).split()
    )
