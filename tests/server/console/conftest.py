from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from fakes.people import LONG_AGO, SECRET
from fakes.town import Town, a_town, seated
from loa_server.areas import secondfactor
from loa_server.areas.models import Person


@pytest.fixture(scope="session")
def _settled() -> list[tuple[Path, Town]]:
    """The town and its database, once some test has made it."""
    return []


@pytest.fixture
def town(
    database: Path, _settled: list[tuple[Path, Town]], tmp_path_factory: pytest.TempPathFactory
) -> Town:
    """Made once, then copied: what a test changes is gone after it."""
    if not _settled:
        made = a_town()
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        kept = Path(shutil.copy(database, tmp_path_factory.mktemp("town") / "town.sqlite3"))
        _settled.append((kept, made))
    kept, made = _settled[0]
    connection.close()
    shutil.copy(kept, database)
    copied = copy.deepcopy(made)
    for person in (copied.approver, copied.both, copied.stranger):
        secondfactor.give(person, SECRET, LONG_AGO)  # the pace of codes begins anew
    return copied


@pytest.fixture
def seat() -> Callable[[Person | None], Client]:
    return seated
