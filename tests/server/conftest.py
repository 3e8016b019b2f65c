"""A district's database for a test: the real tables, made once by the real migrations and copied."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from loa_server.config import ServerConfig


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> ServerConfig:
    """Django set up on a state folder of this test run, and `empty.sqlite3` with every table."""
    from loa_server import config

    state = tmp_path_factory.mktemp("district")
    file = state / "server.toml"
    file.write_text(f'state_dir = "{state}"\n', encoding="utf-8")
    os.environ[config.ENV] = str(file)
    os.environ["DJANGO_SETTINGS_MODULE"] = "loa_server.settings"
    made = config.read(file)

    from loa_server.init.run import make_folders

    make_folders(made)
    made.secret_file.write_text("only for tests", encoding="ascii")

    import django
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()
    call_command("migrate", verbosity=0)
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    shutil.copy(made.database, state / "empty.sqlite3")
    return made


@pytest.fixture
def database(installation: ServerConfig) -> Iterator[Path]:
    """The district's database without a row in it; code under test uses it through Django."""
    from django.db import connection

    connection.close()
    for leftover in installation.state_dir.glob("db.sqlite3*"):
        leftover.unlink()
    shutil.copy(installation.state_dir / "empty.sqlite3", installation.database)
    yield installation.database
    connection.close()
