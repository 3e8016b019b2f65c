"""Step three on the map: a press ticks the box that stands in the tree."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from fakes.paper import a_draft
from fakes.people import a_node, an_area
from fakes.town import Town
from loa_server.areas.models import Outline
from loa_server.bulletins.models import Bulletin
from loa_server.fleet.models import Node
from parts.axe import hindrances
from parts.chromium import PHONE, chromium, complaints_of
from parts.near_console import cookie_of, near_console

Seat = Callable[..., Client]


def square(left: float, bottom: float, size: float) -> list[list[list[list[float]]]]:
    right, top = left + size, bottom + size
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    return [[ring]]


def drawn(town: Town) -> None:
    """A commune of one square; in its west half the hamlet's outline, in its east a lone node."""
    Outline.objects.create(area=town.commune, polygons=square(106.0, 11.0, 1.0))
    Outline.objects.create(area=town.hamlet, polygons=square(106.1, 11.3, 0.4))
    node = a_node(town.empty, "node-9")
    Node.objects.filter(pk=node.pk).update(lat=11.5, lon=106.8)


@pytest.mark.rows
def test_what_is_drawn_or_measured_is_on_it_the_wider_below(town: Town, seat: Seat) -> None:
    drawn(town)
    elsewhere = an_area("khac", "Xã Khác", "commune")
    Outline.objects.create(area=elsewhere, polygons=square(107.0, 11.0, 1.0))
    draft = a_draft(town.author, town.commune, town.hamlet)

    told = seat(town.author).get(f"/bulletins/{draft.id}/areas/map.json").json()["places"]

    assert [place["id"] for place in told] == [town.commune.pk, town.hamlet.pk, town.empty.pk]
    assert town.commune.pk in told[1]["above"]
    assert told[1]["polygons"] == square(106.1, 11.3, 0.4)
    assert (told[2]["lat"], told[2]["lon"], "polygons" in told[2]) == (11.5, 106.8, False)
    assert seat(town.stranger).get(f"/bulletins/{draft.id}/areas/map.json").status_code == 404


@contextlib.contextmanager
def the_page(town: Town, draft: Bulletin) -> Iterator[Page]:
    """Of step three on a telephone, the map opened; the browser complained of nothing."""
    with near_console() as address:
        cookies = cookie_of(town.author, address)
        with chromium() as browser:
            page = browser.new_context(locale="vi-VN").new_page()
            page.context.add_cookies(cookies)
            page.set_viewport_size(PHONE)
            complaints = complaints_of(page)
            page.goto(f"{address}/bulletins/{draft.id}/areas")
            page.click("text=Chọn trên bản đồ")
            yield page
            assert complaints == []


def press(page: Page, east: float, north: float) -> None:
    """Where, in parts of the commune from its south-west corner."""
    box = page.locator(".pick-map").bounding_box()
    assert box is not None
    side = 0.9 * min(box["width"], box["height"])  # the commune fits in but for a margin
    x, y = box["width"] / 2 + (east - 0.5) * side, box["height"] / 2 - (north - 0.5) * side
    page.locator(".pick-map").click(position={"x": x, "y": y})


@pytest.mark.parts
def test_a_press_on_a_place_ticks_it_in_the_tree_and_is_saved(town: Town) -> None:
    drawn(town)
    draft = a_draft(town.author, town.commune, town.hamlet)
    with the_page(town, draft) as page:
        page.wait_for_selector(".pick-map[data-drawn='3']")
        hamlet, empty = (
            page.locator(f"[data-tree] input[value='{area.pk}']")
            for area in (town.hamlet, town.empty)
        )
        press(page, 0.3, 0.5)
        expect(hamlet).not_to_be_checked()
        press(page, 0.8, 0.5)
        expect(empty).to_be_checked()
        assert hindrances(page) == []
        page.click(".btn-next")
        page.wait_for_url("**/when")

    assert [area.pk for area in Bulletin.objects.get(pk=draft.pk).areas.all()] == [town.empty.pk]


@pytest.mark.parts
def test_what_is_in_a_chosen_commune_cannot_be_pressed_apart(town: Town) -> None:
    drawn(town)
    draft = a_draft(town.author, town.commune, town.empty)
    with the_page(town, draft) as page:
        page.wait_for_selector(".pick-map[data-drawn='3']")
        hamlet, commune = (
            page.locator(f"[data-tree] input[value='{area.pk}']")
            for area in (town.hamlet, town.commune)
        )
        press(page, 0.3, 0.95)
        expect(commune).to_be_checked()
        press(page, 0.3, 0.5)
        expect(hamlet).not_to_be_checked()
        expect(page.locator(".leaflet-tooltip")).to_contain_text("đã nằm trong nơi rộng hơn")
        press(page, 0.3, 0.95)
        expect(commune).not_to_be_checked()


@pytest.mark.parts
def test_where_nothing_is_drawn_the_page_says_who_can(town: Town) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    with the_page(town, draft) as page:
        expect(page.locator("[data-pick-none]")).to_be_visible()
        expect(page.locator(".pick-map")).to_be_hidden()
