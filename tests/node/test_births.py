"""What the first words of an agent are after a start."""

from __future__ import annotations

from fakes.shelf import FakeShelf
from fakes.wire import HOUR, NOW, a_bulletin, ulid
from loa_node import births
from loa_node.inbox import Shelved


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


def test_three_false_starts_in_one_life_of_the_board_set_the_newest_aside() -> None:
    shelf = FakeShelf()
    old, new = a_bulletin(id=ulid(1), iat=NOW - HOUR), a_bulletin(id=ulid(2))
    for b in (old, new):
        shelf.keep(Shelved(b, b.id, b""), [])

    told = [births.suspect(shelf, births.began(shelf, "b1")) for _ in range(5)]

    assert [[(f.fact, f.bulletin, f.rev, f.reason) for f in facts] for facts in told] == [
        [], [], [], [("set_aside", new.id, 1, "false_starts")], [],
    ]  # fmt: skip
    assert [one.bulletin.id for one in shelf.bulletins()] == [old.id]
    assert shelf.revision_of(new.id) == 1  # the same rev does not come back


def test_power_cuts_and_starts_that_went_well_are_no_false_starts() -> None:
    shelf = FakeShelf()
    shelf.keep(Shelved(a_bulletin(), "x", b""), [])

    for boot in "abcdefg":
        assert births.suspect(shelf, births.began(shelf, boot)) == ()
    for _ in range(6):
        assert births.suspect(shelf, births.began(shelf, "b1")) == ()
        births.settled(shelf)
