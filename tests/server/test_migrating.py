"""A newer version brings its database along, after a copy of the old one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import call_command

from loa_server.config import ServerConfig
from loa_server.migrating import KEPT, back_up, migrate_after_backup


def copies(config: ServerConfig) -> list[Path]:
    return sorted(config.state_dir.glob("db.before-*.sqlite3"))


@pytest.mark.usefixtures("database")
def test_a_database_that_is_up_to_date_is_left_alone(server_config: ServerConfig) -> None:
    assert migrate_after_backup(server_config) is None
    assert copies(server_config) == []


@pytest.mark.usefixtures("database")
def test_an_older_database_is_copied_before_it_is_changed(server_config: ServerConfig) -> None:
    call_command("migrate", "ingest", "zero", verbosity=0)

    copy = migrate_after_backup(server_config)

    assert copy is not None
    assert "ingest_storedfact" not in tables(copy)
    assert "ingest_storedfact" in tables(server_config.database)
    copy.unlink()


def test_a_copy_holds_what_others_have_just_committed(tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE t (n)")
        writer.execute("INSERT INTO t VALUES (7)")  # in the -wal file, not yet in the database

        copy = back_up(database)

    with closing(sqlite3.connect(copy)) as read:
        assert read.execute("SELECT n FROM t").fetchall() == [(7,)]


def test_only_the_newest_copies_are_kept(tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    sqlite3.connect(database).close()
    for day in range(10, 18):
        (tmp_path / f"db.before-202501{day}-000000.sqlite3").touch()

    newest = back_up(database)

    kept = sorted(tmp_path.glob("db.before-*.sqlite3"))
    assert len(kept) == KEPT
    assert kept[-1] == newest


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as db:
        return {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
