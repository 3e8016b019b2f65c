"""The fleet through a filter: what an address asks for, and the filters a person has named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from fakes.people import a_node, an_area
from fakes.reports import as_kept
from fakes.town import Town
from loa_server.areas.models import Area, Person
from loa_server.console import sieve
from loa_server.fleet import saved, status
from loa_server.fleet.models import Node, NodeDocument, SavedView
from loa_server.ingest.models import Alarm

Seat = Callable[[Person | None], Client]


def ids(client: Client, query: str) -> list[str]:
    return [row.id for row in client.get(f"/fleet/?{query}").context["leaf"].rows]


def told(node: str, software: str = "0.1.0", **said: Any) -> None:
    """As its latest health stands in its row."""
    health = {"typ": "health", "v": 1, "node": node, "at": 1, "clock": "synced", "boot": "b"}
    kept = as_kept({**health, **said})
    Node.objects.filter(pk=node).update(
        **kept, seen_at=datetime.now(UTC), online=True, software=software
    )


def paper(node: str, typ: str, version: int = 1, **said: Any) -> None:
    payload = json.dumps({"typ": typ, **said}).encode()
    NodeDocument.objects.create(
        node_id=node, typ=typ, version=version, payload=payload, envelope=b""
    )
    if typ == "settings":
        Node.objects.filter(pk=node).update(speaks=said["languages"][0])


@pytest.fixture
def hamlets(town: Town) -> Town:
    """Beside node-1, which has said nothing: one that is hot, one that speaks another language."""
    a_node(town.hamlet, "hot")
    a_node(town.empty, "xtieng")
    told("hot", readings={"temperature_dc": 850})
    told("xtieng", "0.2.0", applied={"settings": 1})
    paper("xtieng", "settings", 2, languages=["sti", "vi"])
    now = datetime.now(UTC)
    Alarm.objects.create(node_id="node-1", code="clone", first_at=now, last_at=now)
    return town


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        ("area=vn-25351", ["node-1", "hot", "xtieng"]),
        ("area=vn-25351-02", ["xtieng"]),
        ("area=vn-25345", []),
        ("area=nowhere", []),
        ("lang=sti", ["xtieng"]),
        ("lang=vi", ["node-1", "hot"]),
        ("problem=hot", ["hot"]),
        ("problem=behind", ["xtieng"]),
        ("problem=alarm", ["node-1"]),
        ("problem=any", ["node-1", "hot", "xtieng"]),
        ("problem=wifi", []),
        ("software=0.2.0", ["xtieng"]),
        ("q=soc+bu+dop&state=online", ["xtieng"]),
        ("state=never", ["node-1"]),
        ("state=never&problem=hot", []),
        ("q=%00&state=%F0%9F%90%94&page=x", ["node-1", "hot", "xtieng"]),
    ],
)
def test_an_address_says_which_nodes(
    query: str, nodes: list[str], hamlets: Town, seat: Seat
) -> None:
    assert sorted(ids(seat(hamlets.author), query)) == sorted(nodes)


def test_the_list_to_take_away_holds_what_the_filter_shows(hamlets: Town, seat: Seat) -> None:
    client = seat(hamlets.author)

    body = client.get("/fleet/fleet.csv?lang=sti").content.decode()

    assert "xtieng" in body
    assert "hot" not in body
    assert "/fleet/fleet.csv?lang=sti" in client.get("/fleet/?lang=sti").content.decode()


def test_a_revoked_node_is_only_among_the_revoked(hamlets: Town, seat: Seat) -> None:
    Node.objects.filter(pk="hot").update(status=Node.Status.REVOKED)
    client = seat(hamlets.author)

    assert "hot" not in ids(client, "")
    assert ids(client, "state=revoked") == ["hot"]


def test_page_after_page_shows_each_node_once(hamlets: Town, seat: Seat) -> None:
    for n in range(60):
        a_node(hamlets.empty, f"n{n:02d}")
    client = seat(hamlets.author)

    first, second = ids(client, "area=vn-25351-02"), ids(client, "area=vn-25351-02&page=2")

    assert len(first) == 50
    assert sorted([*first, *second]) == sorted(["xtieng", *(f"n{n:02d}" for n in range(60))])


def test_nobody_sees_by_a_filter_what_is_not_theirs(hamlets: Town, seat: Seat) -> None:
    stranger = seat(hamlets.stranger)

    seen = [
        ids(stranger, query)
        for query in ("area=vn-25351", "problem=hot", "problem=any", "lang=sti", "q=bu+dop")
    ]

    assert seen == [[], [], [], [], []]


def test_a_filter_is_kept_under_a_name_and_taken_away(hamlets: Town, seat: Seat) -> None:
    client = seat(hamlets.author)

    kept = client.post(
        "/fleet/views/add", {"name": " Máy  nóng ", "query": "evil=1&problem=hot&area=vn-25351"}
    )
    shown = client.get("/fleet/").content.decode()
    view = SavedView.objects.get()
    client.post(f"/fleet/views/{view.pk}/remove")

    assert kept["Location"] == "/fleet/?area=vn-25351&problem=hot"
    assert (view.name, view.query) == ("Máy nóng", "area=vn-25351&problem=hot")
    assert 'href="?area=vn-25351&amp;problem=hot">Máy nóng</a>' in shown
    assert not SavedView.objects.exists()


def test_the_same_name_again_is_the_new_filter(hamlets: Town, seat: Seat) -> None:
    client = seat(hamlets.author)
    for problem in ("hot", "wifi"):
        client.post("/fleet/views/add", {"name": "x", "query": f"problem={problem}"})

    assert [view.query for view in SavedView.objects.all()] == ["problem=wifi"]


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        ("", "problem=hot", "Hãy đặt tên"),
        ("x" * 41, "problem=hot", "dài quá 40"),
        ("x", "", "Chưa lọc gì"),
        ("x", "evil=1", "Chưa lọc gì"),
    ],
)
def test_what_is_wrong_stands_beside_the_name(
    name: str, query: str, said: str, hamlets: Town, seat: Seat
) -> None:
    answer = seat(hamlets.author).post("/fleet/views/add", {"name": name, "query": query})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert f'value="{name}"' in page
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_filters(hamlets: Town) -> None:
    kept = [saved.keep(hamlets.author, f"{n}", "problem=hot") for n in range(saved.MOST + 1)]

    assert kept[-1] is saved.ENOUGH
    assert saved.keep(hamlets.author, "1", "problem=wifi") is not saved.ENOUGH


def test_a_filter_is_its_persons_own(hamlets: Town, seat: Seat) -> None:
    view = saved.keep(hamlets.author, "Máy nóng", "problem=hot")
    assert isinstance(view, SavedView)

    for other in (hamlets.approver, hamlets.stranger):
        assert "Máy nóng" not in seat(other).get("/fleet/").content.decode()
        assert seat(other).post(f"/fleet/views/{view.pk}/remove").status_code == 404

    assert SavedView.objects.count() == 1


def test_an_address_is_always_written_the_same_way() -> None:
    one, other = ({"state": "late", "q": "a  b"}, {"q": "a b", "x": "y", "state": "late"})

    assert sieve.read(one).query == sieve.read(other).query == "q=a+b&state=late"


def test_a_former_province_is_not_a_prefix_of_another(hamlets: Town, seat: Seat) -> None:
    other = an_area("vn-253510", "Tân Quan Mười", "commune")
    a_node(other, "ten")

    assert "ten" not in ids(seat(hamlets.author), "area=vn-25351")


@pytest.mark.parametrize("path", ["/fleet/", "/fleet/map"])
def test_what_counts_as_late_reaches_the_script_as_it_reads_numbers(
    path: str, hamlets: Town, seat: Seat
) -> None:
    """A Vietnamese comma would be no number there, and a silent node would stay green."""
    shown = seat(hamlets.author).get(path).content.decode()

    assert f'data-late="{status.LATE}" data-offline="{status.OFFLINE}"' in shown


def test_nothing_that_a_node_or_a_place_is_called_is_markup(hamlets: Town, seat: Seat) -> None:
    Node.objects.filter(pk="hot").update(name="<script>alert(1)</script>", software="<i>0</i>")
    Area.objects.filter(pk=hamlets.hamlet.pk).update(name='Ấp "<b>')

    shown = seat(hamlets.author).get("/fleet/").content.decode()

    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<i>0" not in shown
    assert "<b>Ấp &quot;&lt;b&gt;</b>" in shown
