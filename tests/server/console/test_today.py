"""The first page: what sounds now, and what comes next, in the places of whoever looks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from fakes.deliveries import a_delivery
from fakes.paper import WORDS, a_published, an_approved
from fakes.people import a_person
from fakes.town import Town
from loa_server.areas.models import Role
from loa_server.bulletins.models import Bulletin
from loa_server.console import ahead as rules
from loa_server.console.ahead import ahead
from loa_server.console.desk import desk_of
from loa_server.dispatch.models import Delivery
from loa_server.fleet.models import Node
from loa_wire.localtime import LOCAL

Seat = Callable[..., Client]


def tomorrow(after: int = 0) -> str:
    return (datetime.now(LOCAL) + timedelta(days=1 + after)).date().isoformat()


def at(*clocks: str, **more: Any) -> dict[str, Any]:
    """A calendar of tomorrow alone."""
    return {"mode": "at", "times": [*clocks], "from": tomorrow(), "until": tomorrow(), **more}


def out(town: Town, title: str, schedule: dict[str, Any]) -> Bulletin:
    words = replace(WORDS, title={"vi": title}, schedule=schedule)
    return a_published(town.author, town.approver, town.commune, town.hamlet, words=words)


def section(page: str, heading: str) -> str:
    """The piece of the page below a heading."""
    found = re.search(rf"<h2>{heading}</h2>(.*?)</section>", page, re.DOTALL)
    assert found is not None
    return found[1]


def test_what_comes_next_stands_there_by_its_time_once_and_in_red_at_an_odd_hour(
    town: Town, seat: Seat
) -> None:
    later = out(town, "Họp ấp", at("17:00", "18:00"))
    first = out(town, "Tập dưỡng sinh", at("04:30"))
    out(town, "Phát ngay", {"mode": "now"})

    said = section(seat(town.author).get("/").content.decode(), "Sắp phát")

    assert re.findall(r'href="/bulletins/(\w+)"', said) == [first.id, later.id]
    assert re.search(r'<b class="odd-hour">04:30 · \w+ [\d/]+</b> · Tập dưỡng sinh', said)
    assert "<b>17:00" in said
    assert "18:00" not in said
    assert "Phát ngay" not in said
    assert "Xã Tân Quan" in said


def test_a_start_that_was_left_out_does_not_come(town: Town, seat: Seat) -> None:
    out(town, "Họp ấp", at("17:00", skip_times=[f"{tomorrow()}T17:00"], until=tomorrow(after=1)))

    said = section(seat(town.author).get("/").content.decode(), "Sắp phát")

    assert "Hôm nay và ngày mai chưa có gì theo lịch" in said


def test_those_above_and_below_see_it_and_no_neighbour(town: Town, seat: Seat) -> None:
    out(town, "Họp ấp", at("17:00"))
    below = a_person("o.ap", (Role.AUTHOR, town.hamlet))

    for person, sees in ((town.author, True), (below, True), (town.stranger, False)):
        said = section(seat(person).get("/").content.decode(), "Sắp phát")
        assert ("Họp ấp" in said) is sees


def test_of_very_many_the_newest_are_looked_at(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST", 1)
    out(town, "Cũ", at("09:00"))
    newest = out(town, "Mới", at("17:00"))

    now = datetime.now(UTC)
    assert [one.id for one in ahead(desk_of(town.author, now), now, 8)] == [newest.id]


def test_what_has_lost_its_end_does_not_sound_now(town: Town, seat: Seat) -> None:
    bulletin = an_approved(town.author, town.approver, town.commune, town.hamlet)
    a_delivery(bulletin, "node-1", "playing")
    now = datetime.now(UTC)

    for online, since, sounds in ((True, 60, True), (False, 60, False), (True, 4000, False)):
        Node.objects.update(online=online)
        Delivery.objects.update(changed_at=now - timedelta(seconds=since))
        said = section(seat(town.author).get("/").content.decode(), "Đang phát")
        assert ("chip-playing" in said) is sounds
