"""Words from a Word or PDF file into the write form: nothing saved, nothing typed lost."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fakes.paper import a_draft
from fakes.town import Town
from loa_server.bulletins.models import Bulletin
from loa_server.media.document_worker import WORD
from loa_server.web.bodies import _FILES

pytestmark = pytest.mark.parts
Seat = Callable[..., Client]


def a_file(*paragraphs: str, name: str = "thong-bao.docx") -> SimpleUploadedFile:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        xml = f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
        archive.writestr("word/document.xml", xml)
    return SimpleUploadedFile(name, packed.getvalue())


def typed(**changes: Any) -> dict[str, Any]:
    said = {
        "title_vi": "Đã gõ tiêu đề",
        "text_vi": "Đã gõ chữ.",
        "genre": "health",
        "level": "priority",
        "source_number": "15/TB-UBND",
        "ticker": "chạy",
        "drill": "on",
    }
    return said | changes


def test_the_words_come_after_what_is_typed_and_nothing_is_saved(town: Town, seat: Seat) -> None:
    sent = typed(do="take:vi", doc_vi=a_file("Kính mời bà con.", "Bảy giờ sáng."))

    answer = seat(town.author).post("/bulletins/new", sent)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Đã gõ chữ.\n\nKính mời bà con.\nBảy giờ sáng.</textarea>" in page
    assert "Hãy đọc lại" in page
    assert 'value="15/TB-UBND"' in page
    assert 'value="Đã gõ tiêu đề"' in page
    assert '<option value="health" selected>' in page
    assert not Bulletin.objects.exists()


def test_they_replace_what_is_typed_where_the_author_says_so(town: Town, seat: Seat) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    sent = typed(do="take:vi", take_vi="replace", doc_vi=a_file("Chữ mới."), version="1")

    page = seat(town.author).post(f"/bulletins/{draft.id}/content", sent).content.decode()

    assert "Chữ mới.</textarea>" in page
    assert "Đã gõ chữ." not in page
    assert 'name="version" value="1"' in page
    assert Bulletin.objects.get(pk=draft.pk).text == draft.text


def test_they_go_into_the_language_that_was_asked_and_its_tab_is_open(
    town: Town, seat: Seat
) -> None:
    sent = typed(do="take:km", doc_km=a_file("ជំរាបសួរ"))

    page = seat(town.author).post("/bulletins/new", sent).content.decode()

    assert "ជំរាបសួរ</textarea>" in page
    assert 'id="tab-2" checked' in page


def test_a_fault_stands_beside_the_box_and_the_words_stay(town: Town, seat: Seat) -> None:
    bad = SimpleUploadedFile("cu.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))

    answer = seat(town.author).post("/bulletins/new", typed(do="take:vi", doc_vi=bad))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "cu.doc: Tệp Word đời cũ" in page
    assert 'aria-describedby="doc-vi-fault"' in page
    assert "Đã gõ chữ.</textarea>" in page


def test_no_file_chosen_is_said(town: Town, seat: Seat) -> None:
    page = seat(town.author).post("/bulletins/new", typed(do="take:vi")).content.decode()

    assert "Hãy chọn một tệp Word" in page


def test_words_beyond_the_longest_bulletin_are_given_with_a_warning(town: Town, seat: Seat) -> None:
    sent = typed(do="take:vi", doc_vi=a_file("một hai ba " * 1_500))

    page = seat(town.author).post("/bulletins/new", sent).content.decode()

    assert "hãy rút gọn trước khi lưu" in page


def test_what_the_file_says_is_text_and_never_markup(town: Town, seat: Seat) -> None:
    sent = typed(do="take:vi", doc_vi=a_file("&lt;/textarea&gt;&lt;script&gt;x&lt;/script&gt;"))

    page = seat(town.author).post("/bulletins/new", sent).content.decode()

    assert "<script>x" not in page


@pytest.mark.parametrize("who", ["approver", "stranger"])
def test_nobody_else_reads_a_draft_that_way(town: Town, seat: Seat, who: str) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    sent = typed(do="take:vi", doc_vi=a_file("x"))

    answer = seat(getattr(town, who)).post(f"/bulletins/{draft.id}/content", sent)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("path", "takes"),
    [("/bulletins/new", True), ("/bulletins/01J/content", True), ("/bulletins/01J/when", False)],
)
def test_the_listener_lets_files_through_to_these_forms_only(path: str, *, takes: bool) -> None:
    assert (_FILES.match(path) is not None) is takes


def test_characters_that_no_screen_can_draw_are_named_at_once(town: Town, seat: Seat) -> None:
    page = seat(town.author).post(
        "/bulletins/new", typed(do="take:vi", doc_vi=a_file("Mời 你 họp"))
    )

    assert "Màn hình không hiển thị được: 你 (U+4F60)" in page.content.decode()


def test_and_again_beside_the_field_that_the_screens_cannot_draw(town: Town, seat: Seat) -> None:
    page = seat(town.author).post("/bulletins/new", typed(text_vi="Mời 你 họp", ticker="你"))

    said = page.content.decode()
    assert said.count("Màn hình không hiển thị được: 你 (U+4F60)") == 2
    assert 'id="id_text_vi_error"' in said
    assert not Bulletin.objects.exists()
