"""People at browsers of their own, on a whole installation."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, Page, expect

from parts.chromium import OFFICE
from parts.installation import Installation
from provisioning.authenticator import Authenticator

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

    def invited(self, link: str, **options: Any) -> Page:
        """A browser of a newcomer's own, who came in by their one-time link."""
        page = self._browser.new_context(locale="vi-VN", **options).new_page()
        page.goto(f"{self.address}/welcome/{link.rpartition('/')[2]}")
        page.fill("[name=new]", NEW_PASSWORD)
        page.fill("[name=again]", NEW_PASSWORD)
        page.click("button.btn-next")
        return page

    def app(self, who: str) -> Authenticator:
        return self._apps[who]

    def code(self, who: str) -> str:
        """As their telephone shows it."""
        return self._apps[who].code()

    def _own_password(self, page: Page, who: str) -> None:
        page.fill("[name=old]", self.passwords[who])
        page.fill("[name=new]", NEW_PASSWORD)
        page.fill("[name=again]", NEW_PASSWORD)
        page.click("button.btn-next")
        self.passwords[who] = NEW_PASSWORD


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
