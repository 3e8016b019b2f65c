"""Two people in real browsers, the real server, a real hamlet node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from parts.chromium import OFFICE, PHONE, chromium, complaints_of, sticks_out
from parts.installation import AREA, Installation
from provisioning.authenticator import Authenticator

pytestmark = pytest.mark.parts

PATIENCE_MS = 30_000
NEW_PASSWORD = "chim sẻ đậu trên mái nhà"


class People:
    """Who sits at the browsers. Each has changed the one-time password at their first sign-in."""

    def __init__(self, browser: Browser, district: Installation) -> None:
        self.district = district
        self.address = f"http://127.0.0.1:{district.ports['console']}"
        self._browser = browser
        file = district.state / "demo" / "accounts.json"
        accounts = json.loads(file.read_text())
        self.passwords = {name: account["password"] for name, account in accounts.items()}
        self._apps = {
            name: Authenticator(account["totp"])
            for name, account in accounts.items()
            if "totp" in account
        }

    def page(self, who: str, **options: Any) -> Page:
        """A browser of their own, signed in."""
        seen = {"viewport": OFFICE, **options}
        context = self._browser.new_context(locale="vi-VN", **seen)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(self.address)
        page.fill("[name=username]", who)
        page.fill("[name=password]", self.passwords[who])
        page.click("button.btn-next")
        if page.locator("[name=code]").count():
            page.fill("[name=code]", self.code(who))
            page.click("button.btn-next")
        if page.url.endswith("/password"):
            self._own_password(page, who)
        return page

    def code(self, who: str) -> str:
        """As their telephone shows it."""
        return self._apps[who].code()

    def _own_password(self, page: Page, who: str) -> None:
        page.fill("[name=old]", self.passwords[who])
        page.fill("[name=new]", NEW_PASSWORD)
        page.fill("[name=again]", NEW_PASSWORD)
        page.click("button.btn-next")
        self.passwords[who] = NEW_PASSWORD


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    district = Installation(tmp_path_factory.mktemp("district"))
    district.make()
    try:
        district.start()
        with chromium() as browser:
            yield People(browser, district)
    finally:
        district.close()


def write(page: Page, title: str) -> str:
    """The five steps by mouse and keyboard; returns the bulletin's id."""
    page.click("text=Viết bản tin mới")
    page.fill("[name=title_vi]", title)
    page.fill("[name=text_vi]", "Mời bà con họp lúc 7 giờ tối nay.")
    page.select_option("[name=genre]", "notice")
    page.click("button.btn-next")
    page.click("button[value='speak:vi']")
    page.click("button[value=next]")
    page.check("[name=areas] >> nth=0")
    page.click("button.btn-next")
    page.check("[name=mode][value=now]")
    page.click("button.btn-next")
    page.check("[name=heard]")
    page.click("text=Trình duyệt >> visible=true >> nth=-1")
    expect(page.locator(".notice.good, .notice.success")).to_contain_text("Đã trình")
    return page.url.split("/")[-2]


def test_one_writes_another_approves_and_both_see_it_played(people: People) -> None:
    author, approver = people.page("bientap"), people.page("nguoiduyet")
    complaints = [complaints_of(author), complaints_of(approver)]

    bulletin = write(author, "Họp ấp tối nay")
    approver.reload()
    approver.click("text=Duyệt bản tin đang chờ")
    approver.click(f"a[href$='{bulletin}']")
    approver.fill("[name=code]", people.code("nguoiduyet"))
    approver.click(".btn-approve")
    approver.wait_for_selector("tr[data-node]")
    approver.evaluate("window.sameDocument = true")

    played = approver.locator("tr[data-node] .chip-played")
    expect(played).to_have_text("Đã phát", timeout=PATIENCE_MS)
    expect(approver.locator("#totals .chip-played")).to_be_visible()
    assert approver.evaluate("window.sameDocument")  # painted live, not loaded again
    assert approver.locator("[data-live-lost]").is_hidden()
    assert complaints == [[], []]


def test_writing_and_approving_work_without_javascript(people: People) -> None:
    author = people.page("bientap", java_script_enabled=False)
    approver = people.page("nguoiduyet", java_script_enabled=False)

    bulletin = write(author, "Không cần JavaScript")
    approver.goto(f"{people.address}/approve/{bulletin}")
    approver.fill("[name=code]", people.code("nguoiduyet"))
    approver.click(".btn-approve")

    assert approver.url.endswith(f"/bulletins/{bulletin}")
    people.district.wait_for(bulletin, "played")


@pytest.mark.parametrize("width", [OFFICE, PHONE], ids=["office", "phone"])
def test_a_second_factor_is_set_up_by_eye_and_by_hand(people: People, width: ViewportSize) -> None:
    """Of an approver who is new today: the picture is drawn, the key can be typed, codes print."""
    who = f"moi-{width['width']}"
    made = people.district.people("add", who, "--name", "Người mới", "--may", "approver", AREA)
    people.passwords[who] = made.split()[-1]
    page = people.page(who, viewport=width)
    complaints = complaints_of(page)
    expect(page).to_have_url(re.compile("/factor$"))

    drawn = page.evaluate("document.querySelector('img.qr').naturalWidth")
    page.click("summary")
    typed = "".join(page.locator(".key").inner_text().split())
    page.fill("[name=code]", Authenticator(typed).code())
    sideways = sticks_out(page)
    page.click("button.btn-next")

    expect(page.locator(".codes li")).to_have_count(10)
    expect(page.locator("[data-print]")).to_be_visible()
    assert drawn > 100
    assert (sideways, sticks_out(page), complaints) == (False, False, [])
    page.click("a.btn-next")
    assert page.url.rstrip("/") == people.address


def test_the_schedule_is_foretold_while_it_is_chosen(people: People) -> None:
    page = people.page("bientap")
    page.goto(f"{people.address}/bulletins/new")
    page.fill("[name=title_vi]", "Lịch họp")
    page.select_option("[name=genre]", "notice")
    page.click("button.btn-next")
    page.goto(page.url.replace("/media", "/when"))

    page.check("[name=mode][value=at]")
    page.fill("[name=times] >> nth=0", "05:00")
    page.fill("[name=until]", "2099-01-01")
    page.dispatch_event("[name=until]", "change")
    expect(page.locator("#foreseen .wrong")).to_contain_text("tối đa 45 ngày")
    page.check("[name=mode][value=now]")

    expect(page.locator("#foreseen .sentence")).to_have_text("Phát ngay khi được duyệt.")
    assert page.locator("[name=times] >> nth=0").is_hidden()


def test_a_page_that_lost_its_server_says_so_until_it_is_back(people: People) -> None:
    page = people.page("bientap")
    page.goto(f"{people.address}/fleet/")
    lost = page.locator("[data-live-lost]")
    expect(lost).to_be_hidden()

    people.district.stop_server()
    expect(lost).to_be_visible(timeout=PATIENCE_MS)
    people.district.start_server()

    expect(lost).to_be_hidden(timeout=PATIENCE_MS)


def test_nothing_sticks_out_on_a_phone_and_nothing_is_blocked(people: People) -> None:
    page = people.page("bientap")
    complaints = complaints_of(page)
    page.goto(f"{people.address}/bulletins/new")
    page.fill("[name=title_vi]", "Một tiêu đề rất dài " * 8)
    page.select_option("[name=genre]", "news")
    page.click("button.btn-next")
    draft = page.url.rsplit("/", 1)[0]
    places = [f"{draft}/{step}" for step in ("content", "media", "areas", "when", "check")]
    node = people.district.node_id
    rooms = ("/", "/bulletins/", "/fleet/", f"/fleet/{node}", "/password")

    page.set_viewport_size(PHONE)
    wide = []
    for address in [*places, *(people.address + room for room in rooms)]:
        page.goto(address)
        wide += [address] if sticks_out(page) else []

    assert wide == []
    assert complaints == []


def test_areas_are_found_without_diacritics_and_a_commune_covers_its_hamlets(
    people: People,
) -> None:
    page = people.page("bientap")
    page.goto(f"{people.address}/bulletins/new")
    page.fill("[name=title_vi]", "Chọn nơi nhận")
    page.select_option("[name=genre]", "news")
    page.click("button.btn-next")
    page.goto(page.url.replace("/media", "/areas"))

    page.fill("#search", "soc")
    found = page.locator(".tree li:not([hidden]) label:visible").all_inner_texts()
    page.fill("#search", "")
    page.check("[name=areas] >> nth=0")

    assert all("Sóc" in line or "Tân" in line for line in found)
    assert any("Sóc" in line for line in found)
    assert page.locator(".tree li[data-covered]").count() == page.locator(".tree li li").count()
