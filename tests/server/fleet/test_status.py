from __future__ import annotations

import pytest

from loa_server.fleet.status import Facts, Presence, Problem, doing, read_health
from loa_wire.up import Backlog, Health, Outlet, Readings, Shelf

NOW = 1_795_000_000_000


def facts(ago_s: float | None = 5, *, status: str = "active", online: bool = True) -> Facts:
    seen = None if ago_s is None else NOW - int(ago_s * 1000)
    return Facts(status=status, seen_ms=seen, online=online, every_s=60)


def a_health(**more: object) -> Health:
    return Health(**({"node": "n", "at": NOW, "clock": "synced", "boot": "b"} | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "presence"),
    [
        (facts(5), Presence.ONLINE),
        (facts(69), Presence.ONLINE),
        (facts(71), Presence.LATE),
        (facts(89), Presence.LATE),
        (facts(91), Presence.OFFLINE),
        (facts(5, online=False), Presence.OFFLINE),
        (facts(None), Presence.NEVER),
        (facts(5, status="pending"), Presence.PENDING),
        (facts(5, status="revoked"), Presence.REVOKED),
        (facts(-3600), Presence.ONLINE),  # the district's own clock was set back
    ],
)
def test_whether_a_node_is_there_is_reckoned_from_when_it_was_heard(
    known: Facts, presence: Presence
) -> None:
    assert doing(known, None, NOW).presence is presence


@pytest.mark.parametrize(
    ("health", "problem"),
    [
        (a_health(player=Outlet(alive=False)), Problem.NO_SOUND),
        (a_health(screen=Outlet(alive=False)), Problem.NO_PICTURE),
        (a_health(clock="floor"), Problem.NO_CLOCK),
        (a_health(readings=Readings(card_read_only=True)), Problem.CARD_READ_ONLY),
        (a_health(readings=Readings(card_writable=False)), Problem.CARD_FAILS),
        (a_health(readings=Readings(card_errors=2)), Problem.CARD_FAILS),
        (a_health(readings=Readings(card_free_mb=10)), Problem.CARD_FULL),
        (a_health(readings=Readings(temperature_dc=812)), Problem.HOT),
        (a_health(readings=Readings(under_voltage=True)), Problem.UNDER_VOLTAGE),
        (a_health(shelf=Shelf(media_missing=1)), Problem.MEDIA_MISSING),
        (a_health(journal=Backlog(epoch="e", last=900, acked=1)), Problem.BACKLOG),
        (a_health(missing_clips=3), Problem.CLIPS_MISSING),
    ],
)
def test_each_trouble_is_named(health: Health, problem: Problem) -> None:
    assert doing(facts(), health, NOW).problems == (problem,)


def test_a_well_node_has_no_problems_and_an_absent_one_only_its_absence() -> None:
    hot = a_health(readings=Readings(temperature_dc=900))

    assert doing(facts(), a_health(player=Outlet(alive=True)), NOW).problems == ()
    assert doing(facts(600), hot, NOW).problems == ()


def test_a_health_of_another_version_is_read_as_nothing() -> None:
    assert read_health({}) is None
    assert read_health({"typ": "health", "node": 5}) is None
    assert (
        read_health(
            {"typ": "health", "v": 1, "node": "n", "at": 1, "clock": "held", "boot": "b", "x": 1}
        )
        is not None
    )
