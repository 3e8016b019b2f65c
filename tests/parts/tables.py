"""A district's database for a test: real tables, made once by the real migrations and copied.

Django is set up when this file is read, so that the tests here may import models like any module.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.conf import settings

from loa_server import config
from loa_server.init.run import make_folders

_MEMORY = Path("/dev/shm")  # where there is one, waiting for a disk proves nothing more
_STATE = Path(
    tempfile.mkdtemp(prefix="loa-district-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None)
)
atexit.register(shutil.rmtree, _STATE, ignore_errors=True)
(_STATE / "server.toml").write_text(f'state_dir = "{_STATE}"\n', encoding="utf-8")
_CONFIG = config.read(_STATE / "server.toml")
make_folders(_CONFIG)
_CONFIG.secret_file.write_text("only for tests", encoding="ascii")
os.environ[config.ENV] = str(_STATE / "server.toml")
os.environ["DJANGO_SETTINGS_MODULE"] = "loa_server.settings"
django.setup()
settings.PASSWORD_HASHERS = ["fakes.hasher.QuickArgon2"]

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

setup_test_environment()


@pytest.fixture(scope="session")
def server_config() -> config.ServerConfig:
    """As Django has it: the state folder lasts as long as this test run."""
    return _CONFIG


def _clear() -> None:
    connection.close()
    for leftover in _STATE.glob("db.sqlite3*"):
        leftover.unlink()


@pytest.fixture(scope="session")
def _tables() -> Path:
    _clear()  # two folders of one run may each ask for it
    call_command("migrate", verbosity=0)
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return Path(shutil.copy(_CONFIG.database, _STATE / "empty.sqlite3"))


@pytest.fixture
def database(_tables: Path) -> Iterator[Path]:
    """The district's database without a row in it; Django and raw SQL both find it there."""
    _clear()
    shutil.copy(_tables, _CONFIG.database)
    yield _CONFIG.database
    connection.close()
