"""One node's page: what it says next, its screen, its volume; and what it has proved."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.deliveries import some_facts
from fakes.paper import WORDS, a_published
from fakes.people import a_node
from fakes.town import Town
from fakes.wire import a_bulletin, an_assignment, some_settings
from loa_server.areas.models import Person
from loa_server.console import onenode
from loa_server.console.week import House
from loa_server.fleet.models import Node
from loa_server.ingest.models import StoredFact
from loa_wire.bulletin import Bulletin, Screen
from loa_wire.localtime import LOCAL, at_local
from loa_wire.place import Settings, VolumeHours, Volumes
from loa_wire.trusted import Window

Seat = Callable[[Person | None], Client]
DAY = date(2026, 11, 23)
NOON = at_local(DAY, "12:00")
TODAY = {"nbf": NOON - 60_000, "exp": NOON + 60_000}
MOST_QUERIES = 10


def a_house(*bulletins: Bulletin, **told: object) -> House:
    place = an_assignment(iat=0, place="Ấp 1, xã Tân Quan")
    settings = some_settings(iat=0, **told)
    assert isinstance(settings, Settings)
    return House("node-1", place, settings, bulletins, {})


def test_the_volume_of_each_hour_is_the_nodes_own() -> None:
    house = a_house(
        volumes=Volumes(low=30, normal=80, high=100),
        volume_hours=[VolumeHours(window=Window(start="05:00", end="06:00"), volume="low")],
        quiet_hours=[Window(start="12:00", end="13:00"), Window(start="22:00", end="04:00")],
    )

    loud = {one.hour: one.volume for one in onenode.volumes(house, NOON)}

    assert (loud[5], loud[6], loud[12], loud[23], loud[3]) == (30, 80, 0, 0, 0)


def test_the_screen_at_rest_shows_the_place_and_every_running_line_once() -> None:
    said = a_bulletin(screen=Screen(ticker="Tiêm chủng sáng thứ Tư"), **TODAY)
    never = a_bulletin(kind="stop", screen=Screen(ticker="không bao giờ"), **TODAY)
    later = a_bulletin(screen=Screen(ticker="mai"), nbf=NOON + 1, exp=NOON + 2)

    shown = onenode.on_screen(a_house(said, said, never, later), None, NOON)

    assert (shown.place, shown.ticker) == ("Ấp 1, xã Tân Quan", "Tiêm chủng sáng thứ Tư")
    assert shown.bulletin is None


def test_an_alarm_stands_there_until_its_end_and_before_what_is_over() -> None:
    """As on the node's wall (loa_wire.resting): also when nothing is being said."""
    over = a_bulletin(kind="all_clear", level="emergency", title={"vi": "Hết"}, **TODAY)
    runs = a_bulletin(level="emergency", title={"vi": "Lũ lên"}, **TODAY)
    house = a_house(over, runs, a_bulletin(), screen_off=[Window(start="11:00", end="13:00")])

    shown = onenode.on_screen(house, None, NOON)

    assert shown.bulletin == runs
    assert shown.alarm
    assert not shown.dark
    assert onenode.on_screen(a_house(over), None, NOON).bulletin == over
    assert not onenode.on_screen(a_house(over), None, NOON).alarm
    assert onenode.on_screen(house, None, NOON + 60_000).bulletin is None


def test_the_screen_is_dark_in_its_hours_unless_something_is_said() -> None:
    said = a_bulletin()
    house = a_house(said, screen_off=[Window(start="11:00", end="13:00")])

    assert onenode.on_screen(house, None, NOON).dark
    assert onenode.on_screen(house, said, NOON).bulletin == said
    assert not onenode.on_screen(house, said, NOON).dark


def test_plays_are_counted_by_local_day_and_by_what_was_proved() -> None:
    late = datetime(2026, 11, 22, 22, 30, tzinfo=LOCAL)
    ended = [
        (late, "played", "heard"),
        (late, "played", "device"),
        (late, "played", "device"),
        (late + timedelta(hours=2), "partial", "device"),
        (late - timedelta(days=40), "played", "heard"),
    ]

    days = onenode.proved(ended, DAY)

    assert [(d.day.day, d.counts) for d in days if d.bars] == [
        (22, [("heard", 1), ("device", 2)]),
        (23, [("failed", 1)]),
    ]
    assert len(days) == onenode.DAYS
    assert onenode.together(days) == [("heard", 1), ("device", 2), ("failed", 1)]
    for day in days:
        assert all(bar.top >= 0 and bar.top + bar.height <= onenode.HEIGHT for bar in day.bars)


def test_the_page_says_what_will_sound_next_and_links_to_it(town: Town, seat: Seat) -> None:
    tomorrow = (datetime.now(LOCAL) + timedelta(days=1)).date()
    rule = {"mode": "at", "times": ["17:00"], "until": (tomorrow + timedelta(2)).isoformat()}
    words = replace(WORDS, schedule=rule, ticker="Nhớ mang sổ tiêm")
    out = a_published(town.author, town.approver, town.commune, town.hamlet, words=words)

    page = seat(town.author).get("/fleet/node-1").content.decode()

    assert re.search(rf'17:00 · .*</b> · <a href="/bulletins/{out.id}">Lịch tiêm chủng', page)
    assert "Nhớ mang sổ tiêm" in page
    assert "Lúc này loa không nói gì" in page
    assert page.count("<rect") == 24


def test_a_revoked_node_foretells_nothing(town: Town, seat: Seat) -> None:
    Node.objects.filter(pk="node-1").update(
        status=Node.Status.REVOKED, revoked_at=datetime.now(UTC), revoked_why="mất trộm"
    )

    page = seat(town.author).get("/fleet/node-1").content.decode()

    assert "sắp phát" not in page
    assert "mất trộm" in page


def test_history_goes_on_through_the_cards_of_a_place(town: Town, seat: Seat) -> None:
    out = a_published(town.author, town.approver, town.commune, town.hamlet)
    some_facts("node-1", out)
    after = a_node(town.hamlet, "node-after")
    Node.objects.filter(pk=after.pk).update(succeeds="node-1")

    page = seat(town.author).get("/fleet/node-after/history").content.decode()

    assert "<b>1</b> âm thanh đã ra tới card loa" in page
    assert "<b>Phát xong</b>: Lịch tiêm chủng" in page


def test_a_stranger_sees_neither_page(town: Town, seat: Seat) -> None:
    for path in ("/fleet/node-1", "/fleet/node-1/history"):
        assert seat(town.stranger).get(path).status_code == 404
        assert seat(town.author).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/fleet/node-1", "/fleet/node-1/history"])
def test_however_much_it_did_the_pages_ask_little(path: str, town: Town, seat: Seat) -> None:
    out = a_published(town.author, town.approver, town.commune, town.hamlet)
    some_facts("node-1", out)
    health = {
        "typ": "health", "v": 1, "node": "node-1", "at": 1, "clock": "synced", "boot": "b",
        "playing": {"bulletin": out.id, "occurrence": "x", "since": 1},
    }  # fmt: skip
    Node.objects.filter(pk="node-1").update(health=health, seen_at=datetime.now(UTC), online=True)
    now = datetime.now(UTC)
    StoredFact.objects.bulk_create(
        StoredFact(
            node_id="node-1", epoch="e2", seq=n, received_at=now, at=now, clock="synced",
            boot="b1", fact="ended", result="played", evidence="heard", raw=b"{}",
        )
        for n in range(1, 120)
    )  # fmt: skip

    client = seat(town.author)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(path).content.decode()

    assert len(asked) <= MOST_QUERIES, "\n".join(
        q["sql"].rpartition(" FROM ")[2][:90] for q in asked
    )
    assert "Phát xong" in page or "Lịch tiêm chủng" in page


def test_what_changes_from_minute_to_minute_is_a_piece_of_its_own(town: Town, seat: Seat) -> None:
    Node.objects.filter(pk="node-1").update(seen_at=datetime.now(UTC), online=True)
    client = seat(town.author)

    piece = client.get("/fleet/node-1?part=now").content.decode()

    assert "<html" not in piece
    assert "chip-online" in piece
    whole = client.get("/fleet/node-1").content.decode()
    assert 'data-only="node-1" data-part="?part=now"' in whole
    assert "Đang phát và sắp phát" in piece
    assert whole.count("Đang phát và sắp phát") == 1
