"""Leaflet and speaker's notes, read back from the PDF and looked at as a picture."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loa_server.paper import press
from loa_server.paper.leaflet import leaflet
from loa_server.paper.notes import PER_MINUTE, minutes, notes
from loa_server.paper.sheet import COLOURS, Sheet
from loa_server.paper.values import Leaflet, Notes, Tongue

pytestmark = pytest.mark.parts
FONTS = Path(__file__).parents[3] / "content" / "fonts"
VI = Tongue(
    "Tiếng Việt",
    "Lịch tiêm phòng cho trẻ dưới năm tuổi",
    "Mời bà con đưa trẻ đến trạm y tế lúc 07:30 thứ Bảy.\n\nNhớ mang sổ tiêm chủng.",
)
KM = Tongue(
    "ភាសាខ្មែរ · Khmer",
    "ការ\u200bចាក់\u200bវ៉ាក់\u200bសាំង",
    "សូម\u200bអញ្ជើញ\u200bបង\u200bប្អូន 07:30 Tân Quan",
)
STI = Tongue("S’tiêng", "Têm phòng ăn kon", "Ô\u0306 ư\u0306 ê\u0306 bŭ mŏ n’hơi")
ALL = (VI, KM, STI)


def a_leaflet(*tongues: Tongue, level: str = "normal", pictures: tuple[Path, ...] = ()) -> bytes:
    what = Leaflet(
        level, "Thông thường", "UBND xã Tân Quan", tongues, pictures,
        ["Phát trên loa: 05:00 và 17:00", "Có hiệu lực đến 17:00 · 30/11/2026."], "Bản tin 01B",
    )  # fmt: skip
    return leaflet(what, FONTS)


def some_notes(*tongues: Tongue) -> bytes:
    signed = ["Người đọc", "Ngày, giờ", "Nơi đọc", "Ký tên"]
    what = Notes(
        "priority", "Ưu tiên", "UBND xã Tân Quan", tongues, [], "Khoảng {} phút", signed, "01B"
    )
    return notes(what, FONTS)


def words(pdf: bytes) -> str:
    run = ["pdftotext", "-layout", "-", "-"]
    said = subprocess.run(run, input=pdf, capture_output=True, check=True).stdout.decode()
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", said))


def pages(pdf: bytes, folder: Path, dots: int = 40) -> list[np.ndarray]:
    run = ["pdftoppm", "-r", str(dots), "-png", "-", str(folder / "page")]
    subprocess.run(run, input=pdf, check=True)
    return [np.asarray(Image.open(file).convert("RGB")) for file in sorted(folder.glob("page*"))]


def size_mm(pdf: bytes) -> tuple[int, int]:
    said = subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True).stdout
    width, high = re.findall(r"Page size:\s+([\d.]+) x ([\d.]+) pts", said.decode())[0]
    return round(float(width) / 72 * 25.4), round(float(high) / 72 * 25.4)


def test_a_leaflet_is_a5_and_holds_every_language_and_fact() -> None:
    made = a_leaflet(*ALL)

    said = words(made)
    assert size_mm(made) == (148, 210)
    for piece in (VI.title, "Nhớ mang sổ tiêm chủng.", STI.title, "n’hơi", "07:30 Tân Quan"):
        assert unicodedata.normalize("NFC", piece) in said
    for fact in ("UBND xã Tân Quan", "Phát trên loa: 05:00 và 17:00", "30/11/2026", "Bản tin 01B"):
        assert fact in said


def test_khmer_is_shaped_by_its_own_font() -> None:
    """ក + ្ + ក is one letter with another below it: narrower than three letters in a row."""
    sheet = Sheet((148, 210), 11, FONTS)
    sheet.set_font("khmer", "", 20)

    stacked, single = sheet.get_string_width("ក្ក"), sheet.get_string_width("ក")

    assert stacked < 1.2 * single
    used = subprocess.run(
        ["pdffonts", "-"], input=a_leaflet(KM), capture_output=True, check=True
    ).stdout.decode()
    assert "NotoSansKhmer" in used


def test_a_long_khmer_line_breaks_at_its_marks_and_stays_on_the_page(tmp_path: Path) -> None:
    long = Tongue("km", KM.title, "សូម\u200bអញ្ជើញ\u200bបង\u200bប្អូន\u200b" * 30)

    (page, *_) = pages(a_leaflet(long), tmp_path)

    margin = round(11 / 25.4 * 40) - 3
    assert (page[:, -margin:] > 250).all()
    assert (page[:, :margin] > 250).all()


def test_the_colour_of_the_band_is_the_bulletins_class(tmp_path: Path) -> None:
    for level, colour in COLOURS.items():
        folder = tmp_path / level
        folder.mkdir()
        (page,) = pages(a_leaflet(VI, level=level), folder)

        middle = page[round(13 / 25.4 * 40), page.shape[1] // 2]
        assert np.abs(middle.astype(int) - colour).max() < 12, level


def test_pictures_are_on_it_and_a_tall_one_does_not_push_the_words_away(tmp_path: Path) -> None:
    tall = tmp_path / "tall.jpg"
    Image.new("RGB", (300, 1200), (0, 160, 80)).save(tall)

    (page, *more) = pages(a_leaflet(VI, pictures=(tall, tall)), tmp_path)

    green = (np.abs(page.astype(int) - (0, 160, 80)).max(axis=2) < 40).sum()
    assert green > 1000
    assert not more


def test_facts_at_the_end_are_not_torn_apart() -> None:
    for lines in range(12, 26):
        made = a_leaflet(Tongue("vi", VI.title, "Một dòng.\n" * lines))
        run = ["pdftotext", "-layout", "-", "-"]
        said = subprocess.run(run, input=made, capture_output=True, check=True).stdout.decode()
        facts = [p for p in said.split("\f") if "Phát trên loa" in p or "Có hiệu lực" in p]
        assert len(facts) == 1, lines


def test_the_notes_give_each_language_a_page_and_end_with_a_list_to_sign(tmp_path: Path) -> None:
    made = some_notes(*ALL)

    said = words(made)
    assert size_mm(made) == (210, 297)
    assert len(pages(made, tmp_path)) == 3
    assert "1. Mời bà con đưa trẻ" in said
    assert "2. Nhớ mang sổ tiêm chủng." in said
    assert said.count("Khoảng 1 phút") == 3
    assert "Người đọc Ngày, giờ Nơi đọc Ký tên" in said


def test_what_is_read_aloud_is_large() -> None:
    run = ["pdftotext", "-bbox-layout", "-", "-"]
    said = subprocess.run(run, input=some_notes(VI), capture_output=True, check=True).stdout

    line = next(x for x in said.decode().splitlines() if ">tiêm</word>" in x)
    top, bottom = (float(re.findall(rf'{edge}="([\d.]+)"', line)[0]) for edge in ("yMin", "yMax"))
    assert bottom - top >= 16


def test_the_length_counts_khmer_words_too() -> None:
    assert minutes("") == 1
    assert minutes("từ " * PER_MINUTE * 3) == 3
    assert minutes("ពាក្យ\u200b" * PER_MINUTE * 2) == 2


def test_nothing_to_say_is_still_a_page(tmp_path: Path) -> None:
    assert len(pages(a_leaflet(), tmp_path)) == 1


def test_the_press_makes_the_same_sheet_in_a_process_of_its_own(tmp_path: Path) -> None:
    picture = tmp_path / "small.jpg"
    Image.new("RGB", (300, 200), (0, 160, 80)).save(picture)
    what = Leaflet("normal", "Thông thường", "UBND xã", ALL, [picture], ["Phát: 05:00"], "01B")

    assert words(press.pressed(what, FONTS)) == words(leaflet(what, FONTS))
    speaker = Notes("priority", "Ưu tiên", "UBND xã", ALL, [], "{} phút", ["Ký tên"], "01B")
    assert words(press.pressed(speaker, FONTS)) == words(notes(speaker, FONTS))


def test_a_press_that_fails_says_why(tmp_path: Path) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"\x89PNG\r\n\x1a\n")
    what = Leaflet("normal", "", "", [VI], [torn], [], "")

    with pytest.raises(RuntimeError, match="cannot identify image"):
        press.pressed(what, FONTS)
