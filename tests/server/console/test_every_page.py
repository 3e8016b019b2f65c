"""Every page of the console at both sizes: axe-core finds nothing serious, nothing sticks out, the
browser complains of nothing, and a picture stays in .loa/pictures/console to be looked at.

The pages come from the list of addresses, shown to the first person who may see each: a page that
is added is here without another line.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from fakes.offices import PEOPLE, Office
from loa_server.fleet.models import Node
from parts.axe import hindrances, is_as_listed
from parts.chromium import OFFICE, PHONE, chromium, complaints_of, sticks_out
from parts.near_console import cookie_of, near_console
from server.console.test_matrix import (
    EXPECTED,
    _offices,
    a_card_that_waits,
    a_newcomers_link,
    an_alarm,
    office,
    subjects,
)

__all__ = ["_offices", "office"]

pytestmark = pytest.mark.parts
PICTURES = Path(__file__).resolve().parents[3] / ".loa" / "pictures" / "console"
NO_PAGES = {  # files, parts of pages, lists for a spreadsheet
    "public-feed", "public-file", "leaflet", "notes", "file", "screen", "loudspeaker",
    "bulletins-table", "ledger-table", "fleet-table", "places-table", "audit-table", "audit-lines",
    "people-table", "alarms-table", "inbox-table", "progress", "node-order", "map-points",
    "areas-map", "heard-table", "batches-table", "history-table", "keys-table",
    "queue-table", "watch-table",
}  # fmt: skip
SIZES = (("office", OFFICE), ("phone", PHONE))


def shown_to() -> dict[str, list[str]]:
    """{person: the names of the pages that they look at}; each page once."""
    found: dict[str, list[str]] = {who: [] for who in PEOPLE}
    for (name, method), answers in EXPECTED.items():
        if method == "GET" and 200 in answers and name not in NO_PAGES:
            found[PEOPLE[answers.index(200)]].append(name)
    return {who: names for who, names in found.items() if names}


@pytest.mark.parametrize("who", shown_to())
def test_every_page_can_be_used_and_is_kept_as_a_picture(who: str, office: Office) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    a_card_that_waits()
    a_newcomers_link()
    an_alarm()
    a_node_that_plays(office)
    held = subjects(office)
    found: dict[str, list[str]] = {}
    with near_console() as address:
        # before Chromium is there: its driver's loop and the database do not mix in one thread
        cookies = cookie_of(office.people[who], address)
        with chromium() as browser:
            page = browser.new_context(locale="vi-VN").new_page()
            page.context.add_cookies(cookies)
            complaints = complaints_of(page)
            for name in shown_to()[who]:
                path = reverse(f"console:{name}", kwargs=held.get(name))
                for size, seen in SIZES:
                    page.set_viewport_size(seen)
                    page.goto(f"{address}{path}")
                    if wrong := [*hindrances(page), *wide(page), *heard_from(complaints)]:
                        found[f"{name} {size}"] = wrong
                    kept(page, name, size)

    assert is_as_listed()
    assert found == {}


def a_node_that_plays(office: Office) -> None:
    """So that its page has all that it can have."""
    now = datetime.now(UTC)
    begun = int(now.timestamp() * 1000)
    health = {
        "typ": "health", "v": 1, "node": "node-1", "at": begun, "clock": "synced",
        "boot": "b", "shelf": {"held": 3, "ready": 3},
        "playing": {"bulletin": office.out.pk, "occurrence": "x", "since": begun},
        "readings": {"card_free_mb": 9000, "temperature_dc": 512},
    }  # fmt: skip
    told = {"health": health, "seen_at": now, "online": True, "software": "1.0"}
    Node.objects.filter(pk="node-1").update(**told)


def wide(page: Page) -> list[str]:
    return ["sticks out"] if sticks_out(page) else []


def heard_from(complaints: list[str]) -> list[str]:
    """Live rows come from another server than this one."""
    said = [one for one in complaints if "404" not in one and "EventSource" not in one]
    complaints.clear()
    return said


def kept(page: Page, name: str, size: str) -> None:
    page.screenshot(path=str(PICTURES / f"{name}.{size}.png"), full_page=True)
