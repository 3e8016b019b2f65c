"""A hamlet goes to the next commune: its loudspeaker learns so by itself and plays what a newcomer
there writes, who came in by a one-time link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from parts.browsers import NEW_PASSWORD, PATIENCE_MS, People, write
from parts.chromium import PHONE, chromium, complaints_of, sticks_out
from parts.installation import Installation

pytestmark = [pytest.mark.parts, pytest.mark.journey]
NEXT_DOOR = "vn-25345"


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    here = Installation(tmp_path / "district")
    here.make()
    try:
        here.start()
        with chromium() as browser:
            yield People(browser, here)
    finally:
        here.close()


def test_a_node_moves_and_plays_what_a_newcomer_of_its_new_commune_wrote(people: People) -> None:
    registrar = people.page("quantri")
    complaints = complaints_of(registrar)

    link = an_account(people, registrar)
    carried(people, registrar)

    author = people.invited(link, viewport=PHONE)
    expect(author.locator("h1")).to_contain_text("Hôm nay")
    assert not sticks_out(author)
    bulletin = write(author, "Họp ấp tối nay")
    approver = people.page("xakhac")
    approver.goto(f"{people.address}/approve/{bulletin}")
    approver.fill("[name=code]", people.code("xakhac"))
    approver.click(".btn-approve")

    assert people.district.wait_for(bulletin, "played").node == people.district.node_id
    replayed(author, people, link)
    assert complaints == []


def an_account(people: People, registrar: Page) -> str:
    registrar.click("nav.rooms >> text=Quản trị")
    registrar.click("text=Thêm tài khoản")
    registrar.fill("[name=full_name]", "Thị Bé")
    registrar.fill("[name=username]", "thi.be")
    registrar.check("[name=roles][value=author]")
    registrar.fill("[data-search] input", "tan hung")
    expect(registrar.locator("[name=areas]:visible")).to_have_count(2)  # and what it lies in
    registrar.check(f"[name=areas][value={NEXT_DOOR}]")
    registrar.fill("[name=code]", people.code("quantri"))
    registrar.click("main button.btn-next")
    shown = registrar.locator(".once-link").inner_text()
    assert re.fullmatch(re.escape(people.address) + r"/welcome/[\w-]{32}", shown)
    return shown


def carried(people: People, registrar: Page) -> None:
    """To the first hamlet of the next commune; the node says when it has taken its new place."""
    node = people.district.node_id
    registrar.goto(f"{people.address}/fleet/{node}/move")
    registrar.click("text=Hiện mọi nơi")
    registrar.check(f"[name=area][value={NEXT_DOOR}-01]")
    registrar.fill("[name=code]", people.code("quantri"))
    registrar.click("main button.btn-next")
    expect(registrar.locator(".notice.good, .notice.success")).to_contain_text("Đã chuyển")


def replayed(page: Page, people: People, link: str) -> None:
    """Whoever finds the link in a chat afterwards gets nowhere."""
    page.context.clear_cookies()
    page.goto(link)
    expect(page.locator("h1")).to_contain_text("không còn dùng được", timeout=PATIENCE_MS)
    page.click("main a.btn-next")
    page.fill("[name=username]", "thi.be")
    page.fill("[name=password]", NEW_PASSWORD)
    page.click("main button.btn-next")
    expect(page.locator("h1")).to_contain_text("Hôm nay")
    assert page.url.rstrip("/") == people.address
