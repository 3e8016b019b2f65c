from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fakes.scenes import KM, VI
from loa_node.screen.writing import Script, clusters, runs, shared_out, tidy, wrap

LETTERS = st.text(st.sampled_from("aăêđ \u0302\u0306\u0301កខ្រា៊។\u200b\u200d3–.\n"), max_size=80)


def letters(text: str) -> int:
    return len(clusters(text))


def test_khmer_and_latin_are_runs_of_their_own_and_spaces_stay_with_what_they_follow() -> None:
    assert runs("Ấp ខ្មែរ ២ km") == [
        (Script.LATIN, "Ấp "),
        (Script.KHMER, "ខ្មែរ ២ "),
        (Script.LATIN, "km"),
    ]


def test_marks_and_subscripts_stay_with_their_letter() -> None:
    assert clusters("dê̆k") == ["d", "ê̆", "k"]
    assert clusters("ស្ត្រី") == ["ស្ត្រី"]


def test_khmer_breaks_only_where_the_server_allowed_it() -> None:
    lines = wrap(KM, 9, letters)

    assert "\u200b" not in "".join(lines)
    assert "".join(lines) == KM.replace("\u200b", "")
    starts = [word[0] for word in KM.split("\u200b")]
    assert all(line[0] in starts for line in lines)


def test_no_line_begins_with_a_full_stop_or_a_dash() -> None:
    assert wrap("một hai\u200b។ ba", 7, letters) == ["một", "hai។ ba"]
    assert all(line[0] not in "–។" for line in wrap("nước lên – rời ngay", 8, letters))


def test_a_word_wider_than_the_line_is_cut_between_letters() -> None:
    assert wrap("dê̆dê̆dê̆", 4, letters) == ["dê̆dê̆", "dê̆"]


def test_paragraphs_begin_new_lines_and_empty_ones_vanish() -> None:
    assert wrap(tidy("a\n\n \n b"), 10, letters) == ["a", "b"]


@given(LETTERS, st.integers(1, 30))
def test_wrapping_loses_no_letter_and_never_passes_the_edge(text: str, width: int) -> None:
    lines = wrap(text, width, letters)

    drawn = text.replace("\u200b", "")
    assert "".join(lines).replace(" ", "") == drawn.replace(" ", "").replace("\n", "")
    assert all(letters(line) <= width or letters(line) == 1 for line in lines)


@given(LETTERS)
def test_runs_and_clusters_are_the_text(text: str) -> None:
    assert "".join(part for _, part in runs(text)) == text
    assert "".join(clusters(text)) == text


@given(st.lists(st.text(max_size=3), max_size=40), st.integers(1, 9))
def test_pages_hold_all_lines_and_are_about_equal(lines: list[str], most: int) -> None:
    pages = shared_out(lines, most)

    assert [line for page in pages for line in page] == lines
    assert all(1 <= len(page) <= most for page in pages)
    if pages:
        assert max(map(len, pages)) - min(map(len, pages)) <= 1


def test_vietnamese_wraps_between_words() -> None:
    assert " ".join(wrap(VI, 30, letters)).split() == VI.split()


def test_no_short_word_is_left_alone_on_the_last_line() -> None:
    assert wrap("nhà văn hóa ấp 3.", 14, len) == ["nhà văn hóa", "ấp 3."]


def test_a_lone_last_word_stays_where_the_line_before_can_spare_none() -> None:
    assert wrap("Họp tối.", 4, len) == ["Họp", "tối."]
    assert wrap("aa bb cc\ndddd", 8, len) == ["aa bb cc", "dddd"]
