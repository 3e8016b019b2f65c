"""A card with no room left: a small ext4, filled to the last byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.wire import NOW, People, a_bulletin, ulid
from loa_node.adapters.ballast import Ballast
from loa_node.adapters.media_folder import Folder
from loa_node.adapters.sqlite_file import open_checked
from loa_node.adapters.sqlite_journal import SqliteJournal
from loa_node.adapters.sqlite_shelf import SqliteShelf
from loa_node.facts import Stamp, a_fact, stamped
from loa_node.inbox import Shelved
from parts.card import MB, Card, usable

pytestmark = [pytest.mark.parts, pytest.mark.skipif(bool(usable()), reason=usable())]
PEOPLE = People()
FACT = stamped(a_fact("alarm", detail="x" * 1000), Stamp(NOW, "synced", "b1", 5))


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    made = Card(tmp_path / "made", megabytes=16)
    yield made
    made.take_out()


def filled(card: Card) -> None:
    """To the last byte, as a program that knows no measure would."""
    with (card.path / "fat").open("wb", buffering=0) as fat:
        for piece in (MB, 4096, 1):
            try:
                while True:
                    os.write(fat.fileno(), b"\0" * piece)
            except OSError:
                continue


def written(journal: SqliteJournal, most: int = 3000) -> int:
    """Facts until the first that could not be."""
    for n in range(most):
        try:
            journal.append([FACT])
        except Exception:  # noqa: BLE001 - whichever it is, nothing more is written
            return n
    return most


def test_without_a_reserve_no_fact_can_be_written(card: Card) -> None:
    journal = SqliteJournal(open_checked(card.path / "journal.sqlite").db)
    filled(card)

    count = written(journal)

    assert count < 100
    assert journal.last == count  # and what failed left nothing behind
    assert len(journal.after(0, 5000)) == count
    journal.close()


def test_with_it_the_facts_go_on_for_long_and_shelf_and_journal_share_it(card: Card) -> None:
    ballast = Ballast(card.path / "ballast", 4 * MB)
    ballast.take()
    files = [open_checked(card.path / f"{name}.sqlite") for name in ("journal", "shelf")]
    for file in files:
        file.db.relief = ballast.drop
    journal, shelf = SqliteJournal(files[0].db), SqliteShelf(files[1].db)
    filled(card)
    assert not ballast.given_up

    bulletin = a_bulletin(id=ulid(1))
    envelope = PEOPLE.sealed(bulletin, "publisher")
    for n in range(200):
        shelf.put(f"page/{n}", n, os.urandom(900))
    shelf.keep(Shelved(bulletin, hashlib.sha256(envelope).hexdigest(), envelope), [])
    count = written(journal)

    assert count > 1000
    assert shelf.revision_of(bulletin.id) == 1
    assert (ballast.noted(), ballast.noted()) == (True, False)
    assert [entry.seq for entry in journal.after(0, 5000)] == list(range(1, count + 1))
    journal.close()
    shelf.close()


def test_the_reserve_is_taken_again_only_where_there_is_twice_the_room(card: Card) -> None:
    ballast = Ballast(card.path / "ballast", 4 * MB)
    fat = card.fill(leave=6 * MB)

    ballast.take()
    assert not ballast.drop()
    fat.unlink()
    ballast.take()

    assert (card.path / "ballast").stat().st_size == 4 * MB
    assert ballast.drop()


def test_a_reserve_that_does_not_fit_leaves_nothing_lying_about(card: Card) -> None:
    Ballast(card.path / "ballast", 1).take()
    filled(card)

    Ballast(card.path / "other", 0).take()

    assert not list(card.path.glob(".*"))


def test_reading_all_files_finds_the_one_that_rotted_and_one_that_cannot_be_read(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path / "media")
    bodies = [os.urandom(600_000), os.urandom(10), b""]
    names = [hashlib.sha256(body).hexdigest() for body in bodies]
    for name, body in zip(names, bodies, strict=True):
        (tmp_path / "media" / name).write_bytes(body)
    (tmp_path / "media" / f"{'a' * 64}.part").write_bytes(b"on its way")
    with (tmp_path / "media" / names[0]).open("r+b") as file:
        file.seek(500_000)
        file.write(b"\0")

    found = [name for name in folder.inspect() if name]

    assert found == [names[0]]
    assert [folder.holds(name) for name in names] == [False, True, True]
    assert (tmp_path / "media" / f"{'a' * 64}.part").exists()
    assert [name for name in folder.inspect() if name] == []
