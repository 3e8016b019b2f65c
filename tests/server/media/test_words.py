"""Text as the screens can show it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_server.media import words
from loa_server.media.refusal import MediaRefusedError

FONTS = Path(__file__).resolve().parents[3] / "content" / "fonts"
GAP = "\u200b"
KHMER = "សូមប្រុងប្រយ័ត្នខ្យល់ព្យុះនិងភ្លៀងធ្លាក់ខ្លាំង"


@pytest.mark.parametrize(
    "text",
    [
        "Ấp Sóc Bù Đốp: 7h30, 25.000 đ – “tiêm chủng” … 38,5 °C",
        "Tơ̆m chi, bŭ s'đieng, nŏ̆m",
        "សូមប្រុងប្រយ័ត្ន។ លេខ ១១៤",
        "một\ndòng\tnữa",
        KHMER.replace("និង", GAP + "និង" + GAP),
    ],
)
def test_what_our_people_write_is_covered(text: str) -> None:
    words.refuse_uncovered(text, FONTS)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Chúc mừng 🎉 bà con", "🎉 (U+1F389)"),
        ("村公所 họp", "村 (U+6751), 公 (U+516C), 所 (U+6240)"),
        ("xa\u202elạ", "U+202E"),
        ("mã \ue000", "U+E000"),
    ],
)
def test_what_our_fonts_lack_is_named_in_the_refusal(text: str, named: str) -> None:
    with pytest.raises(MediaRefusedError) as refused:
        words.refuse_uncovered(text, FONTS)

    assert refused.value.code == "uncovered"
    assert named in refused.value.vi
    assert named in refused.value.en


def test_a_text_full_of_strangers_names_only_the_first() -> None:
    strangers = "".join(chr(0x4E00 + n) for n in range(100))

    with pytest.raises(MediaRefusedError) as refused:
        words.refuse_uncovered(strangers, FONTS)

    assert refused.value.vi.count("U+") == 8
    assert "…" in refused.value.vi


def test_khmer_is_broken_between_words_by_the_dictionary() -> None:
    broken = words.khmer_breaks(KHMER).split(GAP)

    assert broken == ["សូម", "ប្រុងប្រយ័ត្ន", "ខ្យល់ព្យុះ", "និង", "ភ្លៀង", "ធ្លាក់", "ខ្លាំង"]


def test_without_a_dictionary_it_is_broken_between_syllables_never_inside_one() -> None:
    broken = words.khmer_breaks("ប្រយ័ត្នខ្យល់", words.syllable_breaks).split(GAP)

    assert broken == ["ប្រ", "យ័", "ត្ន", "ខ្យ", "ល់"]


def test_breaking_twice_adds_nothing() -> None:
    once = words.khmer_breaks(KHMER)

    assert words.khmer_breaks(once) == once


def test_the_authors_own_breaks_stay() -> None:
    assert words.khmer_breaks(f"ខ្យល់{GAP}ព្យុះ") == f"ខ្យល់{GAP}ព្យុះ"


@pytest.mark.parametrize("text", ["Gọi 115 ngay", "Tơ̆m chi", "", "😀"])
def test_other_scripts_are_left_alone(text: str) -> None:
    assert words.khmer_breaks(text) == text


def test_offsets_count_characters_beyond_the_basic_plane() -> None:
    assert words.khmer_breaks("😀 នៅថ្ងៃ 😀") == f"😀 នៅ{GAP}ថ្ងៃ 😀"


@given(st.text(alphabet="កខគ្ាិុំះៈ័៉។៤ aà\n" + GAP, max_size=30))
def test_breaks_only_ever_add_invisible_spaces(text: str) -> None:
    for find in (None, words.syllable_breaks):
        broken = words.khmer_breaks(text, find)
        assert broken.replace(GAP, "") == text.replace(GAP, "")
        assert GAP + "\u17d2" not in broken.replace(GAP * 2, GAP) or GAP in text


def test_text_is_composed_and_its_lines_are_tidy() -> None:
    apart = unicodedata.normalize("NFD", "Ấp Sóc") + "  \r\nhai \r"

    assert words.composed(apart) == "Ấp Sóc\nhai"


def test_what_is_shown_is_composed_and_broken() -> None:
    assert words.shown(f" {KHMER}\r\n") == words.khmer_breaks(KHMER)
