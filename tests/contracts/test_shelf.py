"""What every Shelf must do. Runs on the fake and on SQLite, so the fake cannot lie."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.shelf import FakeShelf
from fakes.wire import DAY, NOW, People, a_bulletin, ulid
from loa_node.adapters.sqlite_file import open_checked
from loa_node.adapters.sqlite_shelf import SqliteShelf
from loa_node.inbox import Shelf, Shelved

PEOPLE = People()


def on_card(folder: Path) -> SqliteShelf:
    return SqliteShelf(open_checked(folder / "shelf.sqlite").db)


MAKERS: dict[str, Callable[[Path], Shelf]] = {
    "fake": lambda _: FakeShelf(),
    "sqlite": on_card,
}


@pytest.fixture(params=sorted(MAKERS))
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return MAKERS[request.param](tmp_path)


def one(n: int = 1, **changes: Any) -> Shelved:
    bulletin = a_bulletin(id=ulid(n), **changes)
    envelope = PEOPLE.sealed(bulletin, "publisher")
    return Shelved(bulletin, f"{n:064d}", envelope)


def ids(shelf: Shelf) -> list[str]:
    return sorted(held.bulletin.id for held in shelf.bulletins())


def test_an_unknown_bulletin_has_no_revision(shelf: Shelf) -> None:
    assert shelf.revision_of(ulid(7)) is None
    assert not shelf.envelope_known("0" * 64)


def test_what_is_kept_is_held_as_it_was_given(shelf: Shelf) -> None:
    shelf.keep(one(), [])

    assert shelf.bulletins() == [one()] or shelf.bulletins()[0].bulletin == one().bulletin
    assert shelf.envelope_known(one().sha256)


def test_a_newer_revision_takes_the_place_of_the_older(shelf: Shelf) -> None:
    shelf.keep(one(rev=1), [])
    shelf.keep(one(rev=2), [])

    assert shelf.revision_of(ulid(1)) == 2
    assert [held.bulletin.rev for held in shelf.bulletins()] == [2]


def test_a_stop_is_kept_and_what_it_ends_is_held_no_more(shelf: Shelf) -> None:
    shelf.keep(one(1), [])
    shelf.keep(one(2), [])

    shelf.keep(one(9), [ulid(1)])

    assert ids(shelf) == [ulid(2), ulid(9)]


@pytest.mark.parametrize("state", ["stopped", "dropped", "over"])
def test_what_is_no_longer_held_cannot_come_back(shelf: Shelf, state: Any) -> None:
    shelf.keep(one(rev=3), [])

    shelf.mark([ulid(1)], state)

    assert ids(shelf) == []
    assert shelf.revision_of(ulid(1)) == 3


def test_only_what_ended_before_the_floor_is_forgotten(shelf: Shelf) -> None:
    shelf.keep(one(1, exp=NOW + DAY), [])
    shelf.keep(one(2, exp=NOW + 2 * DAY), [])

    shelf.forget(NOW + DAY + 1)

    assert shelf.revision_of(ulid(1)) is None
    assert ids(shelf) == [ulid(2)]


def test_documents_are_kept_by_name_with_their_version(shelf: Shelf) -> None:
    shelf.put("settings", 3, b"three")
    shelf.put("settings", 4, b"four")
    shelf.put("manifest/ap-3", 1, b"one")

    assert (shelf.version_of("settings"), shelf.document("settings")) == (4, b"four")
    assert shelf.version_of("assignment") is None
    assert shelf.document("assignment") is None


def test_a_removed_document_is_gone(shelf: Shelf) -> None:
    shelf.put("authority", 3, b"three")

    shelf.remove("authority")

    assert shelf.version_of("authority") is None


# what only a card can do


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    before = on_card(tmp_path)
    before.keep(one(1, rev=4), [])
    before.keep(one(2), [])
    before.mark([ulid(2)], "stopped")
    before.put("settings", 3, b"three")

    after = on_card(tmp_path)  # without closing: a power cut

    assert after.bulletins() == [one(1, rev=4)] or after.revision_of(ulid(1)) == 4
    assert ids(after) == [ulid(1)]
    assert after.revision_of(ulid(2)) == 1
    assert after.document("settings") == b"three"


def test_the_bytes_are_kept_as_received(tmp_path: Path) -> None:
    shelf = on_card(tmp_path)
    kept = one()
    shelf.keep(kept, [])

    assert on_card(tmp_path).bulletins()[0].envelope == kept.envelope


def test_a_failed_write_changes_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    shelf = on_card(tmp_path)
    broken = Shelved(a_bulletin(), "x", envelope=object())  # type: ignore[arg-type]

    with pytest.raises(sqlite3.Error):
        shelf.keep(broken, [])
    shelf.keep(one(2), [])

    assert ids(shelf) == [ulid(2)]
    assert ids(on_card(tmp_path)) == [ulid(2)]


def test_a_damaged_file_is_moved_aside_and_an_empty_shelf_opens(tmp_path: Path) -> None:
    first = open_checked(tmp_path / "shelf.sqlite")
    SqliteShelf(first.db).keep(one(), [])
    first.db.close()
    card = tmp_path / "shelf.sqlite"
    card.write_bytes(b"SQLite format 3\0" + b"\xee" * (len(card.read_bytes()) - 16))

    opened = open_checked(card)

    assert opened.lost
    assert SqliteShelf(opened.db).bulletins() == []
    assert (tmp_path / "shelf.sqlite.damaged").exists()


def test_a_sound_file_is_not_called_damaged(tmp_path: Path) -> None:
    SqliteShelf(open_checked(tmp_path / "shelf.sqlite").db).put("a", 1, b"")

    assert open_checked(tmp_path / "shelf.sqlite").lost == ""


def test_only_the_agent_may_read_the_file(tmp_path: Path) -> None:
    open_checked(tmp_path / "shelf.sqlite")

    assert (tmp_path / "shelf.sqlite").stat().st_mode & 0o077 == 0


def test_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    db = open_checked(tmp_path / "shelf.sqlite").db

    assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
