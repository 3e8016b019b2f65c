"""Words out of Word and PDF files as offices send them, and files made to hurt."""

from __future__ import annotations

import io
import json
import unicodedata
import zipfile
from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loa_server.media import document, document_worker
from loa_server.media.document import text_of
from loa_server.media.refusal import MediaRefusedError
from loa_server.media.sentences import from_lines, in_an_old_font

pytestmark = pytest.mark.parts
FONT = Path(__file__).parents[3] / "content" / "fonts" / "NotoSans-Regular.ttf"
SAMPLES = Path(__file__).parents[3] / "content" / "samples"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
W = document_worker.WORD


def a_paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def a_docx(path: Path, body: str, before: str = "", name: str = "word/document.xml") -> Path:
    xml = f'{HEAD}{before}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, xml)
    return path


def a_pdf(path: Path, *pages: str, lock: str = "") -> Path:
    pdf = FPDF(format="A4")
    pdf.add_font("noto", fname=FONT)
    pdf.set_font("noto", size=12)
    for number, text in enumerate(pages, start=1):
        pdf.add_page()
        pdf.multi_cell(0, 7, text)
        pdf.set_y(-20)
        pdf.cell(0, 7, str(number), align="C")
    if lock:
        pdf.set_encryption("owner", lock)
    pdf.output(str(path))
    return path


def read(source: Path, folder: Path) -> str:
    job = folder / "job"
    job.mkdir()
    return text_of(source, job)


def refused(source: Path, folder: Path) -> str:
    with pytest.raises(MediaRefusedError) as e:
        read(source, folder)
    return e.value.code


def test_a_word_file_gives_its_paragraphs_composed(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Kính mời bà con Ấp Sóc Bù Đốp")
    body = a_paragraph(apart) + a_paragraph("") + a_paragraph("7  giờ sáng,   thứ Tư.")

    assert read(a_docx(tmp_path / "a.docx", body), tmp_path) == (
        "Kính mời bà con Ấp Sóc Bù Đốp\n7 giờ sáng, thứ Tư."
    )


def test_what_was_struck_out_is_not_read_and_breaks_are_kept(tmp_path: Path) -> None:
    body = (
        "<w:p><w:del><w:r><w:delText>bỏ</w:delText></w:r></w:del>"
        "<w:r><w:t>Trạm y tế</w:t><w:br/><w:t>xã</w:t><w:tab/><w:t>Tân Quan</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc>" + a_paragraph("ô bảng") + "</w:tc></w:tr></w:tbl>"
    )

    assert read(a_docx(tmp_path / "a.docx", body), tmp_path) == "Trạm y tế\nxã Tân Quan\nô bảng"


def test_a_pdf_gives_whole_paragraphs_without_its_page_numbers(tmp_path: Path) -> None:
    long = "Trạm y tế xã mời bà con đưa trẻ từ chín tháng tuổi đến tiêm vắc-xin sởi. " * 4
    source = a_pdf(
        tmp_path / "a.pdf", f"THÔNG BÁO\n\n{long.strip()}\n\nNơi nhận:\n- Các ấp;", "Hết."
    )

    assert read(source, tmp_path).split("\n") == [
        *("THÔNG BÁO", long.strip(), "Nơi nhận:", "- Các ấp;", "Hết."),
    ]


@pytest.mark.parametrize("number", ["3", "- 3 -", "Trang 3", "3/12", "trang 3 / 12"])
def test_page_numbers_of_each_kind_are_dropped(number: str) -> None:
    assert from_lines([f"Câu đầu.\n\n{number}\n", f"{number}\n\nCâu sau."]) == "Câu đầu.\nCâu sau."


def test_a_number_inside_the_page_stays() -> None:
    assert "2026" in from_lines(["Năm\n\n2026\n\nlà năm."])


def test_a_sentence_goes_on_over_the_page() -> None:
    assert from_lines(["một câu rất dài còn đi tiếp sang\n\n1", "trang sau."]) == (
        "một câu rất dài còn đi tiếp sang trang sau."
    )


@given(st.lists(st.text(max_size=300), max_size=5))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_letter_is_lost_and_none_is_made_up(pages: list[str]) -> None:
    kept = from_lines(pages).split()

    composed = unicodedata.normalize("NFC", " ".join(pages)).split()
    assert set("".join(kept)) <= {*"".join(composed), "-"}  # what a bullet becomes


def entities(_: Path) -> str:
    return '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


def outside(folder: Path) -> str:
    (folder / "secret").write_text("bí mật")
    return f'<!DOCTYPE w [<!ENTITY x SYSTEM "file://{folder}/secret">]>'


@pytest.mark.parametrize("before", [entities, outside])
def test_a_document_with_entities_is_not_opened(tmp_path: Path, before: object) -> None:
    assert callable(before)
    source = a_docx(tmp_path / "a.docx", a_paragraph("x"), before(tmp_path))

    assert refused(source, tmp_path) == "document_entities"


def test_a_zip_bomb_is_stopped_at_a_bound(tmp_path: Path) -> None:
    source = a_docx(tmp_path / "a.docx", a_paragraph(" " * (40 << 20)))
    assert source.stat().st_size < 100_000

    assert refused(source, tmp_path) == "document_bomb"


def test_so_is_one_that_lies_about_its_size(tmp_path: Path) -> None:
    source = a_docx(tmp_path / "a.docx", a_paragraph("a" * (20 << 20)))
    packed = source.read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        size = archive.getinfo("word/document.xml").file_size
    source.write_bytes(packed.replace(size.to_bytes(4, "little"), (900).to_bytes(4, "little")))

    assert refused(source, tmp_path) in ("document_bomb", "damaged_document")


def test_a_tree_of_a_million_elements_deep_harms_nobody(tmp_path: Path) -> None:
    source = a_docx(tmp_path / "a.docx", "<w:p>" * 1_000_000)

    assert refused(source, tmp_path) in ("document_bomb", "damaged_document")


def test_more_words_than_any_bulletin_has(tmp_path: Path) -> None:
    source = a_docx(tmp_path / "a.docx", a_paragraph("một hai ba " * 8_000))

    assert refused(source, tmp_path) == "document_too_long"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"chi la chu", "not_document"),
        (document.OLE + bytes(600), "old_document"),
        (document.OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "document_locked"),
        (b"%PDF-1.7\n%garbage", "damaged_document"),
        (b"PK\x05\x06" + bytes(18), "not_document"),
    ],
)
def test_what_is_no_document_is_told_apart(tmp_path: Path, body: bytes, code: str) -> None:
    source = tmp_path / "source"
    source.write_bytes(body)

    assert refused(source, tmp_path) == code


def test_a_cut_word_file_is_damaged(tmp_path: Path) -> None:
    source = a_docx(tmp_path / "a.docx", a_paragraph("chữ"))
    packed = bytearray(source.read_bytes())
    at = packed.index(b"word/document.xml") + len(b"word/document.xml") + 4
    packed[at : at + 20] = bytes(20)
    source.write_bytes(packed)

    assert refused(source, tmp_path) == "damaged_document"


def test_a_spreadsheet_is_not_a_document(tmp_path: Path) -> None:
    source = a_docx(tmp_path / "a.xlsx", "", name="xl/workbook.xml")

    assert refused(source, tmp_path) == "not_document"


def test_a_pdf_with_a_password_asks_for_an_open_one(tmp_path: Path) -> None:
    assert refused(a_pdf(tmp_path / "a.pdf", "kín", lock="mo ra"), tmp_path) == "document_locked"


def test_a_scanned_pdf_asks_for_the_word_file(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.rect(20, 20, 100, 100, style="F")
    pdf.output(str(tmp_path / "a.pdf"))

    assert refused(tmp_path / "a.pdf", tmp_path) == "document_scanned"


def test_a_pdf_of_a_thousand_pages_is_too_long(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.set_font("helvetica")
    for _ in range(100):
        pdf.add_page()
        pdf.cell(text="trang")
    pdf.output(str(tmp_path / "a.pdf"))

    assert refused(tmp_path / "a.pdf", tmp_path) == "document_too_long"


@given(st.binary(max_size=400))
@settings(max_examples=60)
def test_whatever_stands_in_its_xml_ends_in_words_or_a_code(xml: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", xml)
    packed.seek(0)

    said = document_worker.convert(packed)  # type: ignore[arg-type]  # a file as good as a path

    assert set(said) in ({"paragraphs"}, {"refused"})


@pytest.mark.parametrize(
    "text",
    [
        "Th«ng b¸o tuyÓn sinh n¨m häc míi, mêi bµ con ®Õn nhµ v¨n hãa.",
        "Thoâng baùo tuyeån sinh naêm hoïc môùi, môøi baø con ñeán nhaø vaên hoùa.",
    ],
)
def test_words_typed_for_old_fonts_are_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    assert refused(a_docx(tmp_path / "a.docx", a_paragraph(text)), tmp_path) == "old_font"


def test_the_samples_of_every_language_are_in_no_old_font() -> None:
    programme = json.loads((SAMPLES / "programme.json").read_text(encoding="utf-8"))

    assert not in_an_old_font(json.dumps(programme, ensure_ascii=False))


def test_words_own_bullets_become_hyphens_and_shapeless_characters_go(tmp_path: Path) -> None:
    body = a_paragraph("\uf0b7 Sổ\u00ad tiêm\u202e") + a_paragraph("• Nước")

    assert read(a_docx(tmp_path / "a.docx", body), tmp_path) == "- Sổ tiêm\n- Nước"
