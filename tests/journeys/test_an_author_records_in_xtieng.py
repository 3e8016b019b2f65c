"""A reading in a language that no machine speaks: recorded at a telephone, kept through a lost
line, sent, approved, heard at the loudspeaker.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from parts.browsers import PATIENCE_MS, People
from parts.chromium import PHONE, chromium, complaints_of, microphone, sticks_out
from parts.installation import Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]
VOICE_HZ = 900


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    voice = a_tone(tmp_path / "voice.wav", VOICE_HZ, seconds=20)
    here = Installation(tmp_path / "district")
    here.make()
    try:
        here.start()
        with chromium(*microphone(voice)) as browser:
            yield People(browser, here)
    finally:
        here.close()


def test_an_author_records_in_xtieng(people: People) -> None:
    author = people.page("bientap", viewport=PHONE)
    complaints = complaints_of(author)
    bulletin = words_in_xtieng(author)

    record(author, seconds=4)
    assert not sticks_out(author)
    author.context.set_offline(True)
    author.click("[data-part=send]")
    expect(author.locator("[data-part=said]")).to_contain_text("vẫn giữ trong máy này")
    assert complaints.pop().endswith("ERR_INTERNET_DISCONNECTED")
    author.context.set_offline(False)
    author.reload()  # as if the telephone had gone dark meanwhile
    expect(author.locator("[data-part=said]")).to_contain_text("chưa gửi")
    author.click("[data-part=send]")
    expect(author.locator(".chip", has_text="Ghi âm")).to_be_visible(timeout=PATIENCE_MS)

    hand_in(author)
    approve(people, bulletin)

    people.district.wait_for(bulletin, "played")
    assert 30 <= heard(people.district.node.wav).count(VOICE_HZ) <= 50
    author.goto(f"{people.address}/bulletins/{bulletin}")
    assert complaints == []


def words_in_xtieng(page: Page) -> str:
    page.click("text=Viết bản tin mới")
    page.click("label[for^=tab-]:has-text('Xtiêng')")
    page.fill("[name=title_sti]", "Bri uônh")
    page.fill("[name=text_sti]", "Bơh bri uônh ănh")
    page.select_option("[name=genre]", "health")
    page.click("button.btn-next")
    return page.url.split("/")[-2]


def record(page: Page, seconds: int) -> None:
    page.click("[data-part=start]")
    meter = page.locator("meter")
    expect(meter).to_be_visible()
    page.wait_for_timeout(seconds * 1000)
    assert meter.evaluate("meter => meter.value") > 0.2
    page.click("[data-part=stop]")
    expect(page.locator("[data-part=send]")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-part=listen]').src").startswith("blob:")


def hand_in(page: Page) -> None:
    page.click("button[value=next]")
    page.check("[name=areas] >> nth=0")
    page.click("button.btn-next")
    page.check("[name=mode][value=now]")
    page.click("button.btn-next")
    page.click("text=Trình duyệt >> visible=true >> nth=-1")
    expect(page.locator(".notice.good, .notice.success")).to_contain_text("Đã trình")


def approve(people: People, bulletin: str) -> None:
    approver = people.page("nguoiduyet")
    approver.goto(f"{people.address}/approve/{bulletin}")
    approver.fill("[name=code]", people.code("nguoiduyet"))
    approver.click(".btn-approve")
    approver.wait_for_selector("tr[data-node]")
