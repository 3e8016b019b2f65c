"""What the first words of an agent are after a start."""

from __future__ import annotations

from fakes.shelf import FakeShelf
from loa_node import births


def test_each_boot_of_the_board_is_told_once_however_often_the_program_starts() -> None:
    shelf = FakeShelf()

    told = [births.rebooted(shelf, boot) for boot in ("b1", "b1", "b2", "b2")]

    assert [[f.fact for f in facts] for facts in told] == [["rebooted"], [], ["rebooted"], []]


def test_a_board_that_starts_anew_without_a_farewell_lost_its_power() -> None:
    shelf = FakeShelf()
    births.rebooted(shelf, "b1")
    cut = births.rebooted(shelf, "b2")
    births.farewell(shelf)
    in_order = births.rebooted(shelf, "b3")
    births.farewell(shelf)
    births.rebooted(shelf, "b3")  # only the program was started again
    cut_again = births.rebooted(shelf, "b4")

    assert [f.reason for f in (*cut, *in_order, *cut_again)] == [
        "power_lost",
        "in_order",
        "power_lost",
    ]


def test_starts_are_counted() -> None:
    shelf = FakeShelf()

    assert [births.counted(shelf) for _ in range(3)] == [1, 2, 3]


def test_what_was_damaged_and_what_is_new_is_told() -> None:
    both = births.found("disk image is malformed", "not a database", fresh=True)

    assert [(f.fact, f.reason) for f in both] == [
        ("journal_lost", "damaged"),
        ("shelf_lost", "damaged"),
    ]
    assert births.found("", "", fresh=True)[0].reason == "new"
    assert births.found("", "", fresh=False) == ()
