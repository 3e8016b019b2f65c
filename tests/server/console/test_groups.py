"""Groups of places: ticked together, kept, replaced, dropped; nothing of the bulletin is saved."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from fakes.paper import a_draft
from fakes.people import a_node
from fakes.town import Town
from loa_server.areas import groups
from loa_server.areas.models import AreaGroup, Person
from loa_server.bulletins.models import Bulletin

Seat = Callable[[Person | None], Client]


def ticked(page: str) -> set[str]:
    return set(re.findall(r'name="areas" value="([^"]+)" checked', page))


@pytest.fixture
def draft(town: Town) -> Bulletin:
    a_node(town.empty, "n-2")
    return a_draft(town.author, town.commune, town.hamlet)


def test_what_is_ticked_is_kept_and_ticked_again_with_one_press(
    town: Town, draft: Bulletin, seat: Seat
) -> None:
    client, address = seat(town.author), f"/bulletins/{draft.id}/areas"
    both = {"version": draft.version, "areas": [town.hamlet.id, town.empty.id]}
    client.post(address, {**both, "keep": "yes", "group_name": "  Ven  suối "})
    group = AreaGroup.objects.get()
    assert group.name == "Ven suối"

    page = client.post(address, {"version": draft.version, "areas": [], "pick": group.pk})

    assert ticked(page.content.decode()) == {town.hamlet.id, town.empty.id}
    assert [area.id for area in draft.areas.all()] == [town.hamlet.id]
    draft.refresh_from_db()
    saved = {"version": draft.version, "areas": [town.hamlet.id, town.empty.id]}
    assert client.post(address, saved).status_code == 302
    assert draft.areas.count() == 2


def test_the_same_name_again_replaces_and_a_group_goes(
    town: Town, draft: Bulletin, seat: Seat
) -> None:
    client, address = seat(town.author), f"/bulletins/{draft.id}/areas"
    one = {"version": draft.version, "keep": "yes", "group_name": "Sóc"}
    client.post(address, {**one, "areas": [town.hamlet.id]})
    client.post(address, {**one, "areas": [town.empty.id]})
    group = AreaGroup.objects.get()
    assert [area.id for area in group.areas.all()] == [town.empty.id]

    client.post(address, {"version": draft.version, "areas": [], "drop": group.pk})

    assert not AreaGroup.objects.exists()


@pytest.mark.parametrize(
    ("name", "places", "said"),
    [("", ["vn-25351-01"], "đặt tên cho nhóm"), ("Sóc", [], "chọn các nơi trước")],
)
def test_what_lacks_is_said_and_what_was_ticked_stays(
    town: Town, draft: Bulletin, seat: Seat, name: str, places: list[str], said: str
) -> None:
    typed = {"version": draft.version, "areas": places, "keep": "yes", "group_name": name}

    answer = seat(town.author).post(f"/bulletins/{draft.id}/areas", typed)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert ticked(answer.content.decode()) == set(places)


def test_a_group_of_elsewhere_is_nobodys(town: Town, draft: Bulletin, seat: Seat) -> None:
    other = groups.keep(town.next_door, "Của xã bên", [town.next_door])
    assert isinstance(other, AreaGroup)
    client, address = seat(town.author), f"/bulletins/{draft.id}/areas"

    page = client.post(address, {"version": draft.version, "areas": [], "pick": other.pk})
    client.post(address, {"version": draft.version, "areas": [], "drop": other.pk})
    client.post(address, {"version": draft.version, "areas": [], "pick": "x" * 40})

    assert ticked(page.content.decode()) == set()
    assert "Của xã bên" not in page.content.decode()
    assert AreaGroup.objects.filter(pk=other.pk).exists()
