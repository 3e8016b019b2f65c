"""Alarms, wrong words and silence, by people at telephones; heard at the loudspeaker by FFT."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from loa_wire.localtime import LOCAL
from parts.browsers import PATIENCE_MS, People
from parts.chromium import PHONE, chromium, sticks_out
from parts.installation import AREA, Installation
from parts.sound import a_tone, heard
from provisioning.authenticator import Authenticator

pytestmark = [pytest.mark.parts, pytest.mark.journey]
WRONG_HZ, RIGHT_HZ, LONG_HZ, ALARM_HZ, MARKET_HZ, OWN_HZ = 600, 900, 1500, 1100, 1300, 800
NOISE_HZ, AFTER_HZ = 1700, 700


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


def windows(here: Installation, hertz: int) -> int:
    """How many tenths of a second of this tone the loudspeaker gave."""
    return heard(here.node.wav).count(hertz) if here.node.wav.exists() else 0


@pytest.fixture(scope="module")
def author(people: People) -> Page:
    return people.page("bientap", viewport=PHONE)


@dataclass
class Approver:
    """`page` without JavaScript; `app`: their telephone, whose codes are each good once."""

    page: Page
    app: Authenticator

    def approve(self, people: People, bulletin: str) -> None:
        page = self.page
        page.goto(f"{people.address}/approve/")
        page.click(f"a.list-link[href$='{bulletin}'] >> nth=0")
        assert not sticks_out(page)
        page.fill("[name=code]", self.app.code())
        page.click("form[action$='/approve'] button.btn-next")
        expect(page.locator(".notice", has_text="Đã duyệt").first).to_be_visible()


@pytest.fixture(scope="module")
def approver(people: People) -> Approver:
    page = people.page("nguoiduyet", viewport=PHONE, java_script_enabled=False)
    return Approver(page, people.app("nguoiduyet"))


@pytest.fixture(scope="module")
def both(people: People) -> Approver:
    """May write and may approve: a second hand for what others wrote."""
    made = people.district.people(
        "add", "hai-vai", "--name", "Hai Vai", "--may", "author", AREA, "--may", "approver", AREA
    )
    page = people.invited(made.split()[-1], viewport=PHONE)
    return Approver(page, with_second_factor(page))


@pytest.fixture(scope="module")
def officer(people: People) -> Page:
    return people.page("trucban", viewport=PHONE, java_script_enabled=False)


def write(page: Page, people: People, title: str, voice: Path, at: str = "") -> str:
    """Handed in by its author; its id."""
    bulletin = begin(page, people, title)
    give_voice(page, voice)
    page.check("[name=areas] >> nth=0")
    page.click("button.btn-next")
    if at:
        at_a_time(page, at)
        page.click("button.btn-next")
    hand_in(page, timed=bool(at))
    return bulletin


def at_a_time(page: Page, clock: str) -> None:
    """Every day for four days."""
    page.check("[name=mode][value=at]")
    page.fill("[name=times] >> nth=0", clock)
    page.fill("[name=until]", (datetime.now(LOCAL) + timedelta(days=4)).date().isoformat())


def begin(page: Page, people: People, title: str) -> str:
    """Its words; its id."""
    page.goto(f"{people.address}/bulletins/new")
    page.fill("[name=title_vi]", title)
    page.fill("[name=text_vi]", "Mời bà con chú ý.")
    page.select_option("[name=genre]", "notice")
    page.click("button.btn-next")
    return page.url.split("/")[-2]


def give_voice(page: Page, voice: Path) -> None:
    page.set_input_files("[name=voice_vi]", str(voice))
    expect(page.locator(".chip", has_text="Tệp gửi lên")).to_be_visible(timeout=PATIENCE_MS)
    page.click("button[value=next]")


def hand_in(page: Page, *, timed: bool = False) -> None:
    if not timed:
        page.check("[name=mode][value=now]")
        page.click("button.btn-next")
    page.click("text=Trình duyệt >> visible=true >> nth=-1")
    expect(page.locator(".notice", has_text="Đã trình").first).to_be_visible()


def test_the_wrong_bulletin_is_recalled(
    people: People, author: Page, approver: Approver, both: Approver, officer: Page, tmp_path: Path
) -> None:
    here = people.district
    said = a_tone(tmp_path / "wrong.wav", WRONG_HZ, seconds=3)
    wrong = write(author, people, "Tiêm thứ Tư", said)
    approver.approve(people, wrong)
    here.wait_for(wrong, "played")

    stop(people, officer, wrong)
    author.goto(f"{people.address}/bulletins/{wrong}")
    author.click("text=Có chỗ sai? Đính chính")
    assert not sticks_out(author)
    author.click("text=Soạn bản đính chính")
    expect(author.locator("[name=title_vi]")).to_have_value("Đính chính: Tiêm thứ Tư")
    author.fill("[name=text_vi]", "Tiêm vào thứ Bảy, không phải thứ Tư.")
    author.click("button.btn-next")
    correction = author.url.split("/")[-2]
    give_voice(author, a_tone(tmp_path / "right.wav", RIGHT_HZ, seconds=3))
    author.click("button.btn-next")  # the areas are those of the wrong one
    hand_in(author)
    both.approve(people, correction)

    here.wait_for(correction, "played")
    assert 25 <= windows(here, RIGHT_HZ) <= 35
    assert 25 <= windows(here, WRONG_HZ) <= 35  # once, before it was stopped
    author.goto(f"{people.address}/bulletins/{correction}/heard")
    expect(author.locator(".notice.good")).to_contain_text("đều đã nghe bản đúng")
    assert not sticks_out(author)


def test_nobody_approves_their_own(
    people: People, approver: Approver, both: Approver, tmp_path: Path
) -> None:
    """Of one who may write and may approve: the list leaves it out, the page has no button, the
    address refuses; what a colleague approves is heard."""
    here, page = people.district, both.page
    own = write(page, people, "Của mình", a_tone(tmp_path / "own.wav", OWN_HZ, seconds=3))

    page.goto(f"{people.address}/approve/")
    assert own not in page.content()
    page.goto(f"{people.address}/approve/{own}")
    expect(page.locator(".notice.info")).to_contain_text("phải do người khác duyệt")
    assert page.locator("form[action$='/approve']").count() == 0
    assert forced(page, own, both.app.code()) == 422
    assert here.row(own) is None

    approver.approve(people, own)
    here.wait_for(own, "played")
    assert 25 <= windows(here, OWN_HZ) <= 35


def with_second_factor(page: Page) -> Authenticator:
    page.click("summary")
    app = Authenticator("".join(page.locator(".key").inner_text().split()))
    page.fill("[name=code]", app.code())
    page.click("button.btn-next")
    page.click("a.btn-next")
    return app


def forced(page: Page, bulletin: str, code: str) -> int:
    """The status that a form sent by hand gets, with everything that the right one would hold."""
    return int(
        page.evaluate(
            """async ([address, code]) => {
                const held = (name) => document.querySelector(`[name=${name}]`).value;
                const sha256 = document.body.innerText.match(/SHA-256\\s+([0-9a-f]{64})/)[1];
                const form = new URLSearchParams({
                    csrfmiddlewaretoken: held("csrfmiddlewaretoken"), sha256, code });
                return (await fetch(address, { method: "POST", body: form })).status;
            }""",
            [f"/approve/{bulletin}/approve", code],
        )
    )


def test_a_conflict_is_settled(
    people: People, author: Page, approver: Approver, both: Approver, tmp_path: Path
) -> None:
    voice = a_tone(tmp_path / "market.wav", MARKET_HZ, seconds=70)
    first = write(author, people, "Phiên chợ", voice, at="16:30")
    both.approve(people, first)
    people.district.wait_for(first, "ready")
    draft = begin(author, people, "Cắt nước")
    give_voice(author, voice)
    author.check("[name=areas] >> nth=0")
    author.click("button.btn-next")

    at_a_time(author, "16:30")
    author.click("h2 >> nth=0")  # out of the box: the page asks by itself
    expect(author.locator(".clashes")).to_contain_text("trùng với “Phiên chợ”")
    author.check("[name=settle][value^=move]")
    author.click("button.btn-next")
    expect(author.locator("[name=times] >> nth=0")).to_have_value("16:35")
    assert not sticks_out(author)
    author.click("button.btn-next")
    hand_in(author, timed=True)
    approver.approve(people, draft)
    people.district.wait_for(draft, "ready")

    author.goto(f"{people.address}/schedule/")
    page = author.content()
    assert "Trùng lịch" not in page
    assert page.count("16:35") >= 2 * 3  # in the table and in the list of days
    assert not sticks_out(author)


def test_stop_from_a_phone(
    people: People, author: Page, both: Approver, officer: Page, tmp_path: Path
) -> None:
    here = people.district
    running = write(author, people, "Dài quá", a_tone(tmp_path / "long.wav", LONG_HZ, seconds=100))
    both.approve(people, running)
    here.until("it sounds", lambda: windows(here, LONG_HZ) > 5)

    stop(people, officer, running)

    here.until("it was stopped", lambda: "stopped" in here.facts(running))
    assert windows(here, LONG_HZ) < 900
    expect(officer.locator(".notice.info")).to_contain_text("Lệnh dừng")


def stop(people: People, page: Page, bulletin: str) -> None:
    """Two taps and a code, from the bulletin's own page; without JavaScript, as everything here."""
    page.goto(f"{people.address}/bulletins/{bulletin}")
    page.click("a.btn-return")
    assert not sticks_out(page)
    page.fill("[name=code]", people.code("trucban"))
    page.click("button.btn-next")
    expect(page.locator(".notice", has_text="Đã ra lệnh dừng").first).to_be_visible()


def test_an_emergency_with_two_people(
    people: People, author: Page, approver: Approver, officer: Page, tmp_path: Path
) -> None:
    """From its own room; the place it is for is typed; the board counts without being asked."""
    here = people.district
    voice = a_tone(tmp_path / "alarm.wav", ALARM_HZ, seconds=20)
    alarm = raise_alarm(author, people, voice)

    approver.approve(people, alarm)
    expect(approver.page.locator("text=Chờ trực ban ký: loa chưa kêu")).to_be_visible()
    assert windows(here, ALARM_HZ) == 0
    author.goto(f"{people.address}/emergency/{alarm}")

    officer.goto(f"{people.address}/")
    officer.click("section.alarm a.list-link")
    assert not sticks_out(officer)
    officer.fill("[name=code]", duty_code(here))
    officer.click("form[action$='/countersign'] button.btn-next")

    here.until("the alarm sounds", lambda: windows(here, ALARM_HZ) > 5)
    expect(author.locator(".board-heard b")).to_have_text("1")
    expect(author.locator(".tile.look-heard")).to_contain_text("giây")
    assert not sticks_out(author)
    officer.goto(f"{people.address}/emergency/{alarm}")
    officer.click("a.btn-approve")
    officer.fill("[name=code]", people.code("trucban"))
    officer.click("button.btn-next")
    here.until("it has ended", lambda: "stopped" in here.facts(alarm))


def raise_alarm(page: Page, people: People, voice: Path) -> str:
    page.goto(f"{people.address}/emergency/")
    page.click("a.btn-next")
    page.check("[name=alert][value=flood]")
    page.fill("[name=title_vi]", "Lũ về")
    page.fill("[name=text_vi]", "Bà con lên chỗ cao ngay.")
    page.check("[name=areas] >> nth=0")
    assert not sticks_out(page)
    page.click("button.btn-next")
    alarm = page.url.split("/")[-2]
    give_voice(page, voice)
    page.click("button.btn-next")  # the areas are those of the first page
    page.fill("[name=named]", "mot noi khac")
    page.click("button.btn-next")
    expect(page.locator(".wrong")).to_contain_text("Chưa đúng tên")
    page.fill("[name=named]", page.locator("label[for=named] b").inner_text())
    page.click("button.btn-next")
    expect(page.locator(".notice", has_text="Đã trình").first).to_be_visible()
    return alarm


def test_a_whole_area_falls_silent(
    people: People, author: Page, both: Approver, officer: Page, tmp_path: Path
) -> None:
    """Nobody has to know which bulletin it is; what is written afterwards is heard."""
    here = people.district
    noise = write(author, people, "Ồn quá", a_tone(tmp_path / "noise.wav", NOISE_HZ, seconds=100))
    both.approve(people, noise)
    here.until("it sounds", lambda: windows(here, NOISE_HZ) > 5)

    officer.goto(f"{people.address}/hush/")
    officer.check(f"[name=area][value={AREA}]")
    assert not sticks_out(officer)
    officer.fill("[name=code]", people.code("trucban"))
    officer.click("button.btn-next")
    expect(officer.locator(".notice", has_text="Đã ra lệnh im loa").first).to_be_visible()

    here.until("it was stopped", lambda: "stopped" in here.facts(noise))
    assert windows(here, NOISE_HZ) < 900
    author.goto(f"{people.address}/bulletins/{noise}")
    expect(author.locator(".chip-recalled")).to_be_visible()
    after = write(author, people, "Sau đó", a_tone(tmp_path / "after.wav", AFTER_HZ, seconds=3))
    both.approve(people, after)
    here.wait_for(after, "played")
    assert 25 <= windows(here, AFTER_HZ) <= 35


def duty_code(here: Installation) -> str:
    """Of the app that only the duty signer can check."""
    accounts = json.loads((here.state / "demo" / "accounts.json").read_text())
    return Authenticator(accounts["trucban"]["duty_totp"]).code()
