"""The rooms of the menu: one order for all, only doors that open, and where one stands."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client

from fakes.paper import a_submitted
from fakes.people import a_person
from fakes.town import Town
from loa_server.areas.models import Role

Seat = Callable[..., Client]
ORDER = ["Hôm nay", "Bản tin", "Lịch phát", "Điểm phát", "Khẩn cấp", "Quản trị"]


def named(page: str, which: str) -> list[str]:
    (part,) = re.findall(rf'<nav class="{which}".*?</nav>', page, re.S) or [""]
    return [re.sub(r"<[^>]*>", "", link).strip() for link in re.findall(r"<a.*?</a>", part, re.S)]


def leads(page: str, which: str) -> list[str]:
    (part,) = re.findall(rf'<nav class="{which}".*?</nav>', page, re.S) or [""]
    return re.findall(r'href="([^"]+)"', part)


def test_rooms_come_in_one_order_and_every_door_shown_opens(town: Town, seat: Seat) -> None:
    everyone = [town.author, town.approver, town.both, town.stranger]
    everyone += [a_person(str(role), (role, town.commune)) for role in Role]
    for person in everyone:
        client = seat(person)
        page = client.get("/").content.decode()
        rooms = [re.sub(r" \d+$", "", room) for room in named(page, "rooms")]
        assert rooms == [room for room in ORDER if room in rooms]
        for room in leads(page, "rooms"):
            inside = client.get(room)
            assert inside.status_code == 200, (person, room)
            for door in leads(inside.content.decode(), "doors"):
                assert client.get(door).status_code == 200, (person, door)


def test_a_room_counts_what_waits_and_says_where_one_is(town: Town, seat: Seat) -> None:
    a_submitted(town.author, town.commune, town.hamlet)

    page = seat(town.approver).get("/approve/").content.decode()

    assert "Bản tin 1" in " ".join(named(page, "rooms"))
    assert re.search(r'href="/approve/" aria-current="page"', page)
    assert page.count('aria-current="page"') == 2
