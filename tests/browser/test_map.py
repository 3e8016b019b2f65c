"""The map in a real browser: points on a canvas; a press on one opens its node."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from parts.axe import hindrances
from parts.browsers import People
from parts.chromium import OFFICE, PHONE, chromium, complaints_of, sticks_out
from parts.installation import AREA, Installation

pytestmark = pytest.mark.parts
SQUARE = [[106.6, 11.6], [106.7, 11.6], [106.7, 11.7], [106.6, 11.7], [106.6, 11.6]]

NEVER, ONLINE, OFFLINE = "81,96,107", "27,122,67", "179,38,30"
MIDDLE = """(() => {
  const canvas = document.querySelector('#map canvas');
  const { width, height } = canvas;
  const box = canvas.getBoundingClientRect();
  const map = document.querySelector('#map').getBoundingClientRect();
  const x = (map.x + map.width / 2 - box.x) * width / box.width;
  const y = (map.y + map.height / 2 - box.y) * height / box.height;
  return canvas.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3).join();
})()"""
"""The colour in the middle of the map, where the only point is."""


def middle(page: Page) -> str:
    return str(page.evaluate(MIDDLE))


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


@pytest.fixture(scope="module")
def on_the_map(people: People, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """An outline is imported and a point set; the page is the map."""
    page = people.page("quantri")
    shape = {"type": "Polygon", "coordinates": [SQUARE]}
    features = [{"type": "Feature", "properties": {"id": AREA}, "geometry": shape}]
    file = tmp_path_factory.mktemp("outlines") / "ranh-gioi.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    page.goto(f"{people.address}/areas/outlines")
    page.set_input_files("[name=file]", str(file))
    page.fill("[name=code]", people.code("quantri"))
    page.click("button.btn-next")
    page.goto(f"{people.address}/fleet/{people.district.node_id}/point")
    page.fill("[name=point]", "11.65, 106.65")
    page.click("button.btn-next")
    page.wait_for_url("**/fleet/*")
    return page


def test_a_press_on_a_point_opens_its_node(people: People, on_the_map: Page) -> None:
    page = on_the_map
    complaints = complaints_of(page)
    page.goto(f"{people.address}/fleet/map")
    page.wait_for_selector("#map[data-drawn='1']")

    assert hindrances(page) == []
    for size in (PHONE, OFFICE):
        page.set_viewport_size(size)
        assert not sticks_out(page)
    page.reload()
    page.wait_for_selector("#map[data-drawn='1']")
    page.locator("#map").click()  # its middle is the only point
    page.wait_for_url(f"**/fleet/{people.district.node_id}")
    assert complaints == []


def test_a_node_is_seen_coming_and_going_on_the_map(people: People, on_the_map: Page) -> None:
    page, here = on_the_map, people.district
    page.goto(f"{people.address}/fleet/map")
    page.wait_for_selector("#map[data-drawn='1']")
    row = page.locator(f"tr[data-node='{here.node_id}']")

    assert middle(page) == NEVER
    here.start_node()
    here.until("it is seen to come", lambda: middle(page) == ONLINE)
    assert row.locator(".chip-online").count() == 1
    own = page.context.new_page()
    own.goto(f"{people.address}/fleet/{here.node_id}")
    own.wait_for_selector("[data-only] .chip-online")
    here.node.kill("agent")
    here.until("it is seen to go", lambda: middle(page) == OFFLINE)
    assert row.locator(".chip-offline").count() == 1
    own.wait_for_selector("[data-only] .chip-offline")
    here.stop_server()
    page.locator("[data-live-lost]").wait_for(state="visible")
