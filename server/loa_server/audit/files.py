"""An audit log in a file: the district's SQLite database, a copy of it, or an export.

Reads with nothing of Django's, so that it works on any machine, on a file of any installation.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from loa_server.audit import export
from loa_server.audit.chain import Finding, Head, row, verify

_LOGGED = re.compile(r"audit head \d+ ([0-9a-f]{64})")
_MAGIC = b"SQLite format 3\0"


def check(file: Path, expected: Iterable[str] = ()) -> Finding:
    """Raises OSError, sqlite3.Error or ExportError for what is no audit log."""
    if _is_database(file):
        with closing(_open(file)) as database:
            return verify((row(*entry) for entry in entries(database)), expected)
    with file.open(encoding="utf-8", errors="replace") as lines:
        return export.check(lines, expected)


def entries(database: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    """(number, line, hash) in order. Text that is no UTF-8 is an edited line, not an error."""
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    yield from database.execute("SELECT seq, line, sha256 FROM audit_entry ORDER BY seq")


def last(database: sqlite3.Connection) -> Head:
    found = database.execute("SELECT seq, sha256 FROM audit_entry ORDER BY seq DESC LIMIT 1")
    return Head(*(found.fetchone() or ()))


def reading(file: Path) -> sqlite3.Connection:
    if not _is_database(file):
        raise sqlite3.DatabaseError("file is not a database")
    return _open(file)


def heads_in(text: str) -> list[str]:
    """The heads that the engine wrote to the machine's log, wherever that log was kept."""
    return _LOGGED.findall(text)


def _is_database(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_MAGIC)) == _MAGIC


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
