"""The district writes, the commune decides: by people at browsers, heard at the loudspeaker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from journeys.test_a_day_of_a_commune import give_voice, hand_in, windows, with_second_factor
from parts.browsers import PATIENCE_MS, People
from parts.chromium import PHONE, chromium, sticks_out
from parts.installation import AREA, Installation
from parts.sound import a_tone

pytestmark = [pytest.mark.parts, pytest.mark.journey]
TAKEN_HZ = 900


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    here = Installation(tmp_path_factory.mktemp("district"))
    here.make()
    try:
        here.start()
        with chromium() as browser:
            yield People(browser, here)
    finally:
        here.close()


def newcomer(people: People, name: str, role: str) -> Page:
    """Of the district itself."""
    made = people.district.people("add", name, "--name", name.title(), "--may", role, "vn-75")
    page = people.invited(made.split()[-1], viewport=PHONE)
    page.set_default_timeout(PATIENCE_MS)
    return page


def written_above(people: People, writer: Page, voice: Path) -> str:
    writer.goto(f"{people.address}/bulletins/new")
    writer.fill("[name=title_vi]", "Lịch tiêm sởi toàn huyện")
    writer.fill("[name=text_vi]", "Mời bà con đưa trẻ đến trạm y tế.")
    writer.select_option("[name=genre]", "health")
    writer.click("button.btn-next")
    above = writer.url.split("/")[-2]
    give_voice(writer, voice)
    writer.check(f"[name=areas][value={AREA}]")
    writer.click("button.btn-next")
    writer.check("[name=mode][value=now]")
    writer.click("button.btn-next")
    expect(writer.locator(".notice.info")).to_contain_text("Vào hộp tin của")
    writer.click("text=Trình duyệt >> visible=true >> nth=-1")
    return above


def test_the_commune_takes_it_chooses_when_and_is_heard(people: People, tmp_path: Path) -> None:
    here = people.district
    voice = a_tone(tmp_path / "voice.wav", TAKEN_HZ, seconds=3)
    above = written_above(people, newcomer(people, "huyen-soan", "author"), voice)
    judge = newcomer(people, "huyen-duyet", "approver")
    app = with_second_factor(judge)
    judge.goto(f"{people.address}/approve/{above}")
    judge.fill("[name=code]", app.code())
    judge.click("form[action$='/approve'] button.btn-next")
    expect(judge.locator("main")).to_contain_text("hộp tin của 1 xã")
    expect(judge.locator("table.ledger >> nth=0")).to_contain_text("Chờ xếp lịch")
    assert not sticks_out(judge)

    author = people.page("bientap", viewport=PHONE)
    author.goto(f"{people.address}/inbox/")
    assert not sticks_out(author)
    author.click("a.list-link >> nth=0")
    assert not sticks_out(author)
    assert windows(here, TAKEN_HZ) == 0
    author.click("button.btn-next")
    copy = author.url.split("/")[-2]
    hand_in(author)
    approver = people.page("nguoiduyet")
    approver.goto(f"{people.address}/approve/{copy}")
    approver.fill("[name=code]", people.code("nguoiduyet"))
    approver.click("form[action$='/approve'] button.btn-next")

    here.wait_for(copy, "played")
    assert 25 <= windows(here, TAKEN_HZ) <= 35
    judge.goto(f"{people.address}/bulletins/{above}")
    expect(judge.locator("table.ledger >> nth=0")).to_contain_text("Xã đã nhận")
    expect(judge.locator("table.ledger >> nth=0")).to_contain_text("1/1")
