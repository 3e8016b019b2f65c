"""The map in a real browser: points on a canvas; a press on one opens its node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.axe import hindrances
from parts.browsers import People
from parts.chromium import OFFICE, PHONE, chromium, complaints_of, sticks_out
from parts.installation import AREA, Installation

pytestmark = pytest.mark.parts
SQUARE = [[106.6, 11.6], [106.7, 11.6], [106.7, 11.7], [106.6, 11.7], [106.6, 11.6]]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    district = Installation(tmp_path_factory.mktemp("district"))
    district.make()
    try:
        district.start_broker()
        district.start_server()
        with chromium() as browser:
            yield People(browser, district)
    finally:
        district.close()


def test_an_outline_is_imported_a_point_is_set_and_a_press_on_it_opens_the_node(
    people: People, tmp_path: Path
) -> None:
    page = people.page("quantri")
    complaints = complaints_of(page)
    shape = {"type": "Polygon", "coordinates": [SQUARE]}
    features = [{"type": "Feature", "properties": {"id": AREA}, "geometry": shape}]
    file = tmp_path / "ranh-gioi.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    page.goto(f"{people.address}/areas/outlines")
    page.set_input_files("[name=file]", str(file))
    page.fill("[name=code]", people.code("quantri"))
    page.click("button.btn-next")
    node = people.district.node_id
    page.goto(f"{people.address}/fleet/{node}/point")
    page.fill("[name=point]", "11.65, 106.65")
    page.click("button.btn-next")
    page.goto(f"{people.address}/fleet/map")
    page.wait_for_selector("#map[data-drawn='1']")

    assert hindrances(page) == []
    for size in (PHONE, OFFICE):
        page.set_viewport_size(size)
        assert not sticks_out(page)
    page.reload()
    page.wait_for_selector("#map[data-drawn='1']")
    page.locator("#map").click()  # its middle is the only point
    page.wait_for_url(f"**/fleet/{node}")
    assert complaints == []
