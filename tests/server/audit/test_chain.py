"""The chain's rules, without a database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loa_server.audit import chain
from loa_server.audit.chain import Broken, Head, Row, Sound, verify


def a_chain(*lines: str) -> list[Row]:
    rows, before = [], chain.EMPTY
    for seq, line in enumerate(lines, 1):
        before = chain.link(before, chain.digest(line))
        rows.append(chain.row(seq, line, before))
    return rows


ROWS = a_chain("một", "hai", "ba", "bốn", "năm")


def test_a_chain_is_sound_and_says_its_head() -> None:
    assert verify(ROWS) == Sound(Head(5, ROWS[-1].sha256))
    assert verify([]) == Sound(Head())


def test_an_edited_line_is_found_where_it_stands() -> None:
    edited = [*ROWS[:2], chain.row(3, "bA", ROWS[2].sha256), *ROWS[3:]]

    assert verify(edited) == Broken(3, "edited")


def test_an_edited_line_with_its_own_new_hash_breaks_the_next() -> None:
    hashed = chain.row(3, "bA", chain.link(ROWS[1].sha256, chain.digest("bA")))

    assert verify([*ROWS[:2], hashed, *ROWS[3:]]) == Broken(4, "edited")


def test_a_piece_cut_out_is_found() -> None:
    assert verify([*ROWS[:1], *ROWS[3:]]) == Broken(2, "missing")
    assert verify(ROWS[1:]) == Broken(1, "missing")


def test_a_piece_cut_out_and_renumbered_is_found() -> None:
    moved = [Row(row.seq - 1, row.line_sha256, row.sha256) for row in ROWS[2:]]

    assert verify([*ROWS[:1], *moved]) == Broken(2, "edited")


def test_lines_in_another_order_are_found() -> None:
    assert verify([ROWS[0], ROWS[2], ROWS[1], *ROWS[3:]]) == Broken(2, "missing")
    assert verify([*ROWS, ROWS[0]]) == Broken(1, "order")
    swapped = [
        Row(at.seq, of.line_sha256, of.sha256)
        for at, of in ((ROWS[0], ROWS[1]), (ROWS[1], ROWS[0]))
    ]
    assert verify([*swapped, *ROWS[2:]]) == Broken(1, "edited")


def test_a_cut_tail_is_sound_until_a_kept_head_is_asked_for() -> None:
    assert verify(ROWS[:3]) == Sound(Head(3, ROWS[2].sha256))
    assert verify(ROWS[:3], expected=[ROWS[4].sha256]) == Broken(3, "head")


def test_a_rewritten_chain_is_sound_until_a_kept_head_is_asked_for() -> None:
    rewritten = a_chain("một", "hai", "BA", "bốn", "năm")

    assert verify(rewritten) == Sound(Head(5, rewritten[-1].sha256))
    assert verify(rewritten, expected=[ROWS[4].sha256]) == Broken(5, "head")
    assert verify(rewritten, expected=[ROWS[1].sha256]) == Sound(Head(5, rewritten[-1].sha256))


def test_every_head_that_the_chain_ever_had_is_in_it() -> None:
    kept = [chain.EMPTY, ROWS[0].sha256, ROWS[3].sha256.upper()]

    assert verify(ROWS, expected=kept) == Sound(Head(5, ROWS[-1].sha256))


def test_what_was_verified_needs_not_be_read_again() -> None:
    middle = Head(3, ROWS[2].sha256)

    assert verify(ROWS[3:], since=middle) == verify(ROWS)
    assert verify(ROWS[4:], since=middle) == Broken(4, "missing")


@given(st.data())
def test_any_one_change_is_found_by_whoever_kept_the_head(data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.text(max_size=4), min_size=1, max_size=6))
    other = data.draw(st.lists(st.text(max_size=4), max_size=6).filter(lambda it: it != lines))

    found = verify(a_chain(*other), expected=[a_chain(*lines)[-1].sha256])

    # a chain that only went on from there is no change
    assert isinstance(found, Sound) == (other[: len(lines)] == lines)
