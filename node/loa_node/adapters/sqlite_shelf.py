"""The shelf on the SD card."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from loa_node.database import Database
from loa_node.inbox import Shelved, State
from loa_wire.bulletin import Bulletin
from loa_wire.dsse import open_envelope
from loa_wire.limits import BULLETIN_ENVELOPE
from loa_wire.parse import UnreadableError, decode

_TABLES = """
CREATE TABLE IF NOT EXISTS bulletin (
    id TEXT PRIMARY KEY, rev INTEGER NOT NULL, exp INTEGER NOT NULL, sha256 TEXT NOT NULL,
    state TEXT NOT NULL, silent INTEGER NOT NULL, envelope BLOB);
CREATE TABLE IF NOT EXISTS document (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL, data BLOB NOT NULL);
"""


class SqliteShelf:
    """Keeps what is held in memory as well: it is read far more often than written."""

    def __init__(self, db: Database) -> None:
        self._db = db
        db.executescript(_TABLES)
        self._held = {one.bulletin.id: one for one in self._read_held()}

    def revision_of(self, bulletin_id: str) -> int | None:
        return self._one("SELECT rev FROM bulletin WHERE id = ?", bulletin_id)

    def envelope_known(self, sha256: str) -> bool:
        return self._one("SELECT 1 FROM bulletin WHERE sha256 = ?", sha256) is not None

    def bulletins(self) -> list[Shelved]:
        return list(self._held.values())

    def keep(self, shelved: Shelved, ended: Sequence[str]) -> None:
        b = shelved.bulletin
        row = (b.id, b.rev, b.exp, shelved.sha256, "held", shelved.silent, shelved.envelope)

        def store() -> None:
            self._db.execute("INSERT OR REPLACE INTO bulletin VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self._set_state(ended, "stopped")

        self._write(store)
        self._held[b.id] = shelved
        self._let_go(ended)

    def mark(self, ids: Sequence[str], state: State) -> None:
        self._write(lambda: self._set_state(ids, state))
        self._let_go(ids)

    def forget(self, before_ms: int) -> None:
        delete = "DELETE FROM bulletin WHERE exp < ?"
        self._write(lambda: self._db.execute(delete, (before_ms,)))
        self._let_go([i for i, one in self._held.items() if one.bulletin.exp < before_ms])

    def version_of(self, name: str) -> int | None:
        return self._one("SELECT version FROM document WHERE name = ?", name)

    def document(self, name: str) -> bytes | None:
        row = self._db.execute("SELECT data FROM document WHERE name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def put(self, name: str, version: int, data: bytes) -> None:
        put = "INSERT OR REPLACE INTO document VALUES (?, ?, ?)"
        self._write(lambda: self._db.execute(put, (name, version, data)))

    def remove(self, name: str) -> None:
        delete = "DELETE FROM document WHERE name = ?"
        self._write(lambda: self._db.execute(delete, (name,)))

    def close(self) -> None:
        self._db.close()

    def _read_held(self) -> Iterator[Shelved]:
        rows = self._db.execute(
            "SELECT sha256, envelope, silent FROM bulletin WHERE state = 'held' ORDER BY id"
        )
        for sha256, envelope, silent in rows:
            with contextlib.suppress(UnreadableError):  # kept by another version of this program
                payload = open_envelope(envelope, BULLETIN_ENVELOPE).payload
                yield Shelved(decode(payload, Bulletin), sha256, envelope, "held", bool(silent))

    def _set_state(self, ids: Sequence[str], state: State) -> None:
        # what no longer speaks leaves only its id and rev, so that it cannot come back
        self._db.executemany(
            "UPDATE bulletin SET state = ?, envelope = NULL WHERE id = ?", [(state, i) for i in ids]
        )

    def _let_go(self, ids: Sequence[str]) -> None:
        for bulletin_id in ids:
            self._held.pop(bulletin_id, None)

    def _write(self, work: Callable[[], object]) -> None:
        self._db.transact(work)

    def _one(self, query: str, value: str) -> int | None:
        row = self._db.execute(query, (value,)).fetchone()
        return int(row[0]) if row else None
