"""Two people in real browsers, the real server, a real hamlet node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from parts.browsers import PATIENCE_MS, People, write
from parts.chromium import OFFICE, PHONE, chromium, complaints_of, sticks_out
from parts.installation import AREA, Installation
from parts.sound import a_tone
from provisioning.authenticator import Authenticator

pytestmark = pytest.mark.parts


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
    page = people.invited(made.split()[-1], viewport=width)
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


def test_words_of_a_new_bulletin_survive_leaving_the_page(people: People) -> None:
    author = people.page("bientap")
    author.goto(f"{people.address}/bulletins/new")
    author.fill("[name=title_vi]", "Chữ chưa lưu")
    author.once("dialog", lambda dialog: dialog.accept())  # leave without saving
    author.goto(f"{people.address}/")
    author.goto(f"{people.address}/bulletins/new")
    expect(author.locator("[name=title_vi]")).to_have_value("Chữ chưa lưu")
    author.fill("[name=text_vi]", "Mời bà con họp.")
    author.select_option("[name=genre]", "notice")
    author.click("button.btn-next")
    author.wait_for_url("**/media")  # with its scripts run: it has arrived
    author.goto(f"{people.address}/bulletins/new")
    expect(author.locator("[name=title_vi]")).to_have_value("")


def test_words_are_saved_by_themselves_through_a_lost_line_and_never_over_another(
    people: People,
) -> None:
    author = people.page("bientap")
    author.goto(f"{people.address}/bulletins/new")
    author.fill("[name=title_vi]", "Họp ấp")
    author.select_option("[name=genre]", "notice")
    author.click("button.btn-next")
    author.goto(author.url.replace("/media", "/content"))
    said = author.locator("[data-keep-said]")
    author.context.set_offline(True)
    author.fill("[name=text_vi]", "Mời bà con họp lúc 7 giờ tối.")
    expect(said).to_contain_text("Mất kết nối")
    author.context.set_offline(False)
    expect(said).to_contain_text("Đã tự lưu", timeout=PATIENCE_MS)
    author.reload()
    expect(author.locator("[name=text_vi]")).to_have_value("Mời bà con họp lúc 7 giờ tối.")

    elsewhere = author.context.new_page()
    elsewhere.goto(author.url)
    elsewhere.fill("[name=text_vi]", "Sửa ở máy khác.")
    expect(elsewhere.locator("[data-keep-said]")).to_contain_text("Đã tự lưu")
    author.fill("[name=text_vi]", "Sửa ở máy này.")
    expect(author.locator("[data-keep-said]")).to_contain_text("sửa ở nơi khác")
    author.click("button.btn-next")
    expect(author.locator("[name=text_vi]")).to_have_value("Sửa ở máy này.")
    expect(author.locator(".notice[role=alert]")).to_contain_text("lưu ở nơi khác")


def test_a_recording_goes_up_with_its_percent_and_the_page_says_how_loud_it_is(
    people: People, tmp_path: Path
) -> None:
    author = people.page("bientap")
    complaints = complaints_of(author)
    author.goto(f"{people.address}/bulletins/new")
    author.fill("[name=title_vi]", "Tiếng dài")
    author.select_option("[name=genre]", "health")
    author.click("button.btn-next")
    author.evaluate(
        """() => { window.seen = []; new MutationObserver(() => seen.push(
             document.querySelector("form > [data-progress] [data-progress-said]").textContent))
           .observe(document.querySelector("form > [data-progress]"),
             {subtree: true, childList: true, characterData: true});
           addEventListener("pagehide", () => sessionStorage.setItem("seen", JSON.stringify(seen)));
        }"""
    )

    author.set_input_files("[name=voice_vi]", str(a_tone(tmp_path / "v.wav", 700, seconds=90)))

    expect(author.locator(".chip:has-text('Tệp gửi lên')")).to_be_visible(timeout=PATIENCE_MS)
    seen = json.loads(author.evaluate("sessionStorage.getItem('seen')"))
    assert any(said.startswith("Đang gửi") for said in seen), seen
    assert any(said.startswith("Đang xử lý") for said in seen), seen
    expect(author.locator("text=LUFS")).to_contain_text("đỉnh")
    assert complaints == []
