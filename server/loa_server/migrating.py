"""A newer version brings its database along by itself, after a copy of the old one."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from loa_server.config import ServerConfig

KEPT = 5


def migrate_after_backup(config: ServerConfig) -> Path | None:
    """Returns the copy made, or None where nothing was to be done (or nothing was there yet)."""
    django.setup()
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    fresh = not connection.introspection.table_names()
    connection.close()
    if not plan:
        return None
    copy = None if fresh else back_up(config.database)
    call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    return copy


def back_up(database: Path) -> Path:
    """A consistent copy beside the database, also while others write; the newest KEPT stay."""
    copy = database.with_name(f"{database.stem}.before-{time.strftime('%Y%m%d-%H%M%S')}.sqlite3")
    with (
        closing(sqlite3.connect(database)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    for old in sorted(database.parent.glob(f"{database.stem}.before-*.sqlite3"))[:-KEPT]:
        old.unlink()
    return copy
