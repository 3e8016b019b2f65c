"""A tree of thousands of places: communes first, hamlets once opened or looked for; no script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from fakes.paper import a_draft
from fakes.people import a_node, a_person, an_area
from fakes.town import Town
from loa_server.areas.models import Person, Role
from loa_server.bulletins.models import Bulletin
from loa_server.console import branches

Seat = Callable[[Person | None], Client]


@pytest.fixture
def draft(town: Town, monkeypatch: pytest.MonkeyPatch) -> Bulletin:
    monkeypatch.setattr(branches, "WHOLE", 2)
    return a_draft(town.author, town.commune, town.commune)


def offered(page: bytes) -> set[str]:
    return set(re.findall(r'name="areas?" value="([^"]+)"', page.decode()))


def ticked(page: bytes) -> set[str]:
    return set(re.findall(r'name="areas?" value="([^"]+)" checked', page.decode()))


def test_hamlets_come_when_their_commune_is_opened_and_ticks_stay(
    town: Town, seat: Seat, draft: Bulletin
) -> None:
    client, address = seat(town.author), f"/bulletins/{draft.id}/areas"

    first = client.get(address)
    assert offered(first.content) == {town.commune.id}
    assert b'name="open" value="vn-25351"' in first.content
    sent = {"version": draft.version, "areas": [town.commune.id], "open": town.commune.id}
    opened = client.post(address, sent)

    assert offered(opened.content) == {town.commune.id, town.hamlet.id, town.empty.id}
    assert ticked(opened.content) == {town.commune.id}
    assert b'name="opened" value="vn-25351"' in opened.content
    assert [area.id for area in draft.areas.all()] == [town.commune.id]


def test_a_hamlet_is_found_without_marks_and_saved(town: Town, seat: Seat, draft: Bulletin) -> None:
    a_node(town.empty, "n-2")
    client, address = seat(town.author), f"/bulletins/{draft.id}/areas"
    sent = {"version": draft.version, "areas": [], "sought": "bu dop", "look": "yes"}

    found = client.post(address, sent)
    assert offered(found.content) == {town.commune.id, town.empty.id}

    assert client.post(address, {"version": draft.version, "areas": [town.empty.id]}).status_code
    assert [area.id for area in draft.areas.all()] == [town.empty.id]
    assert ticked(client.get(address).content) == {town.empty.id}


def test_what_is_not_shown_and_not_offered_is_not_taken(
    town: Town, seat: Seat, draft: Bulletin
) -> None:
    typed = {"version": draft.version, "areas": [town.next_door.id]}

    answer = seat(town.author).post(f"/bulletins/{draft.id}/areas", typed)

    assert "không được gửi bản tin tới địa bàn này" in answer.content.decode()


def test_asking_for_more_of_the_tree_orders_nothing(
    town: Town, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branches, "WHOLE", 2)
    a_person("trucban", (Role.DUTY, town.commune))

    hushed = seat(town.approver).post("/hush/", {"open": town.commune.id, "why": "ồn"})
    alarm = seat(town.author).post(
        "/emergency/new", {"open": town.commune.id, "title_vi": "Lũ về", "alert": "flood"}
    )

    assert hushed.status_code == alarm.status_code == 200
    assert town.hamlet.id in offered(hushed.content)
    assert 'value="ồn"' in hushed.content.decode()
    assert 'value="Lũ về"' in alarm.content.decode()
    assert "Chưa lưu được" not in alarm.content.decode()
    assert not Bulletin.objects.exists()


def test_a_district_of_many_communes_shows_them_and_no_hamlet(town: Town, seat: Seat) -> None:
    for n in range(branches.WHOLE):
        an_area(f"h-{n}", f"Ấp {n + 9}", "ap", town.commune)
    draft = a_draft(town.author, town.commune, town.hamlet)

    page = seat(town.author).get(f"/bulletins/{draft.id}/areas").content

    assert offered(page) == {town.commune.id, town.hamlet.id}
