"""The map: points and outlines of one's own places, drawn by the registrar, and its table."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.people import a_code, a_node, a_person
from fakes.town import Town
from loa_server.areas.models import Outline, Person, Role
from loa_server.audit.models import Entry
from loa_server.fleet.models import Node

Seat = Callable[[Person | None], Client]
SQUARE = [[106.6, 11.6], [106.7, 11.6], [106.7, 11.7], [106.6, 11.7], [106.6, 11.6]]
MOST_QUERIES = 8


@pytest.fixture
def registrar(town: Town) -> Person:
    return a_person("quan.tri", (Role.REGISTRAR, town.commune))


def file_of(*areas: str) -> SimpleUploadedFile:
    features = [
        {"properties": {"id": area}, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
        for area in areas
    ]
    said = {"type": "FeatureCollection", "features": features}
    return SimpleUploadedFile("ranh-gioi.geojson", json.dumps(said).encode())


def drawn(client: Client, person: Person, *areas: str, code: str = "") -> tuple[int, str]:
    typed = code or a_code(person, datetime.now(UTC))
    answer = client.post("/areas/outlines", {"file": file_of(*areas), "code": typed})
    return answer.status_code, answer.content.decode()


def points(client: Client, query: str = "") -> dict[str, object]:
    answer: dict[str, object] = client.get(f"/fleet/map/points.json{query}").json()
    return answer


def test_a_point_of_its_own_or_the_middle_of_its_place_or_none(
    town: Town, registrar: Person, seat: Seat
) -> None:
    a_node(town.empty, "nowhere")
    a_node(town.hamlet, "exact")
    Node.objects.filter(pk="exact").update(lat=11.61, lon=106.61)
    client = seat(registrar)
    assert drawn(client, registrar, town.hamlet.id)[0] == 302

    told = points(client)

    assert sorted(told["nodes"]) == [  # type: ignore[call-overload]
        ["exact", 11.61, 106.61, "never", "Nhà văn hóa", 0, False, 60],
        ["node-1", 11.65, 106.65, "never", "Nhà văn hóa", 0, False, 60],
    ]
    assert told["lost"] == 1
    assert told["areas"] == [["Ấp 1", [[SQUARE]]]]
    assert "area_drawn" in str(Entry.objects.latest("seq").line)


def test_the_map_follows_the_filter_of_the_list(town: Town, registrar: Person, seat: Seat) -> None:
    a_node(town.hamlet, "gone")
    Node.objects.filter(pk="gone").update(lat=11.6, lon=106.6, status=Node.Status.REVOKED)
    Node.objects.filter(pk="node-1").update(lat=11.6, lon=106.6)
    client = seat(registrar)

    assert [one[0] for one in points(client)["nodes"]] == ["node-1"]  # type: ignore[attr-defined]
    assert points(client, "?state=offline")["nodes"] == []
    assert 'data-points="/fleet/map/points.json?state=never"' in (
        client.get("/fleet/map?state=never").content.decode()
    )


def test_a_stranger_sees_neither_points_nor_outlines(
    town: Town, registrar: Person, seat: Seat
) -> None:
    drawn(seat(registrar), registrar, town.hamlet.id)

    told = points(seat(town.stranger))

    assert (told["areas"], told["nodes"]) == ([], [])
    assert "node-1" not in seat(town.stranger).get("/fleet/map").content.decode()


@pytest.mark.parametrize("area", ["vn-25345-01", "no-such-place"])
def test_nobody_draws_what_is_not_theirs_and_nothing_is_half_drawn(
    area: str, town: Town, registrar: Person, seat: Seat
) -> None:
    status, page = drawn(seat(registrar), registrar, town.hamlet.id, area)

    assert status == 422
    assert area in page
    assert not Outline.objects.exists()


def test_without_a_code_nothing_is_drawn(town: Town, registrar: Person, seat: Seat) -> None:
    status, _page = drawn(seat(registrar), registrar, town.hamlet.id, code="000000")

    assert status == 422
    assert not Outline.objects.exists()


@pytest.mark.parametrize(
    "typed", ["x", "11.6", "106.6, 11.6", "nan, 106.6", "1, 2, 3", "11,6, 106,6"]
)
def test_a_point_that_is_none_stays_in_its_field_with_what_to_do(
    typed: str, registrar: Person, seat: Seat
) -> None:
    answer = seat(registrar).post("/fleet/node-1/point", {"point": typed})

    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode()
    assert "11.6512, 106.6021" in answer.content.decode()


def test_a_point_is_set_and_taken_away(town: Town, registrar: Person, seat: Seat) -> None:
    client = seat(registrar)

    client.post("/fleet/node-1/point", {"point": "11.651234, 106.602148"})
    there = Node.objects.get(pk="node-1")
    client.post("/fleet/node-1/point", {"point": ""})

    assert (there.lat, there.lon) == (11.65123, 106.60215)
    assert Node.objects.get(pk="node-1").lat is None
    assert seat(town.author).post("/fleet/node-1/point", {"point": ""}).status_code == 422
    assert seat(town.stranger).post("/fleet/node-1/point", {"point": ""}).status_code == 404


@pytest.mark.parametrize("path", ["/fleet/map", "/fleet/map/points.json"])
def test_however_many_points_the_map_asks_little(
    path: str, town: Town, registrar: Person, seat: Seat
) -> None:
    for n in range(60):
        a_node(town.hamlet, f"n{n}")
    client = seat(registrar)

    with CaptureQueriesContext(connection) as asked:
        client.get(path)

    assert len(asked) <= MOST_QUERIES
