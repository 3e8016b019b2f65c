"""The engine's reading of the log: quick for pages, thorough in the end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from fakes.people import SOME_DAY
from loa_server.audit import watch
from loa_server.audit.book import head, record
from loa_server.audit.chain import Broken, Head, Sound

pytestmark = pytest.mark.usefixtures("database")


def written(count: int) -> None:
    for n in range(count):
        record("approve", who="hung", subject=str(n), at=SOME_DAY)


def behind_our_back(database: Path, statement: str) -> None:
    connection.close()
    with closing(sqlite3.connect(database)) as file, file:
        for trigger in ("stays", "remains", "follows"):
            file.execute(f"DROP TRIGGER IF EXISTS audit_entry_{trigger}")
        file.execute(statement)


EDIT = "UPDATE audit_entry SET line = replace(line, 'hung', 'lan') WHERE seq = "


def test_an_empty_log_is_sound() -> None:
    assert watch.state().found == Sound(Head())
    assert not watch.walk_once(SOME_DAY)
    assert watch.state().whole_at == SOME_DAY


def test_a_page_sees_what_the_engine_has_not_read_yet(database: Path) -> None:
    written(3)
    watch.walk_once(SOME_DAY)
    written(2)

    state = watch.state()
    assert (state.found, state.checked, state.entries) == (Sound(Head(5, head())), 5, 5)

    behind_our_back(database, EDIT + "4")
    assert watch.state().found == Broken(4, "edited")


def test_a_page_hashes_little_however_long_the_log() -> None:
    written(watch.FRESH + 5)

    state = watch.state()

    assert (state.checked, state.entries) == (watch.FRESH, watch.FRESH + 5)


def test_a_line_changed_long_after_it_was_read_is_found_by_the_second_look(database: Path) -> None:
    written(6)
    watch.walk_once(SOME_DAY)
    behind_our_back(database, EDIT + "2")
    assert isinstance(watch.state().found, Sound)

    watch.walk_once(SOME_DAY)

    assert watch.state().found == Broken(2, "edited")


def test_what_is_broken_stays_so_while_the_log_grows(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(3)
    behind_our_back(database, EDIT + "2")
    for _ in range(3):
        watch.walk_once(SOME_DAY)
        written(1)

    assert watch.state().found == Broken(2, "edited")
    assert caplog.text.count("audit log broken at entry 2") == 1


@pytest.mark.parametrize("cut", ["seq > 2", "seq = 3"])
def test_a_cut_below_what_was_read_is_found_at_once(database: Path, cut: str) -> None:
    written(3)
    watch.walk_once(SOME_DAY)

    behind_our_back(database, f"DELETE FROM audit_entry WHERE {cut}")

    assert watch.state().found == Broken(3, "head")


def test_a_log_that_was_put_right_is_sound_again(database: Path) -> None:
    written(3)
    behind_our_back(database, EDIT + "2")
    watch.walk_once(SOME_DAY)
    assert isinstance(watch.state().found, Broken)

    behind_our_back(database, "UPDATE audit_entry SET line = replace(line, 'lan', 'hung')")
    watch.walk_once(SOME_DAY)

    assert watch.state().found == Sound(Head(3, head()))


def test_a_long_log_is_read_in_pieces_and_then_again_from_the_start(database: Path) -> None:
    written(7)

    more = [watch.walk_once(SOME_DAY + timedelta(minutes=n), piece=2) for n in range(5)]

    assert more == [True, True, True, False, False]
    state = watch.state()
    assert (state.found, state.checked) == (Sound(Head(7, head())), 7)
    assert state.whole_at == SOME_DAY + timedelta(minutes=4)
    behind_our_back(database, EDIT + "6")
    for n in range(5):
        watch.walk_once(SOME_DAY + timedelta(hours=1, minutes=n), piece=2)
    assert watch.state().found == Broken(6, "edited")


def test_the_head_is_written_to_the_machines_log_once_an_hour(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    written(1)
    for minute in (0, 1, 59, 60, 61):
        watch.walk_once(SOME_DAY + timedelta(minutes=minute))

    assert caplog.text.count(f"audit head 1 {head()}") == 2
