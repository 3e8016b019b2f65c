"""The journal on the SD card."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from loa_node.database import Database
from loa_node.facts import Entry
from loa_wire.up import Fact

_TABLES = """
CREATE TABLE IF NOT EXISTS fact (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, occurrence TEXT,
    data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS journal (epoch TEXT NOT NULL, acked INTEGER NOT NULL);
"""


class SqliteJournal:
    """`fresh`: the file was made just now, so its epoch is new."""

    def __init__(self, db: Database) -> None:
        self._db = db
        db.executescript(_TABLES)
        row = db.execute("SELECT epoch, acked FROM journal").fetchone()
        self.fresh = row is None
        self._epoch = str(row[0]) if row else secrets.token_hex(8)
        self._acked = int(row[1]) if row else 0
        if self.fresh:
            db.execute("INSERT INTO journal VALUES (?, 0)", (self._epoch,))
        # AUTOINCREMENT remembers numbers whose facts are pruned: none is ever used twice
        last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'fact'").fetchone()
        self._last = int(last[0]) if last else 0

    @property
    def epoch(self) -> str:
        return self._epoch

    @property
    def last(self) -> int:
        return self._last

    @property
    def acked(self) -> int:
        return self._acked

    def append(self, facts: Sequence[Fact]) -> None:
        numbered = [
            (seq, _dated(fact), fact.occurrence, _encoded(fact, seq))
            for seq, fact in enumerate(facts, self._last + 1)
        ]
        insert = "INSERT INTO fact VALUES (?, ?, ?, ?)"
        self._db.transact(lambda: self._db.executemany(insert, numbered))
        self._last += len(numbered)

    def after(self, seq: int, limit: int) -> list[Entry]:
        rows = self._db.execute(
            "SELECT seq, data FROM fact WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
        return [Entry(row[0], bytes(row[1])) for row in rows]

    def of_occurrences(self) -> list[Fact]:
        rows = self._db.execute("SELECT data FROM fact WHERE occurrence IS NOT NULL ORDER BY seq")
        return [msgspec.json.decode(row[0], type=Fact) for row in rows]

    def acknowledge(self, upto: int) -> None:
        update = "UPDATE journal SET acked = ?"
        self._db.transact(lambda: self._db.execute(update, (upto,)))
        self._acked = upto

    def prune(self, before_ms: int, most: int) -> tuple[int, int] | None:
        self._db.execute(
            "DELETE FROM fact WHERE seq <= ? AND seq <= (SELECT max(seq) FROM fact WHERE at < ?)",
            (self._acked, before_ms),
        )
        count = self._db.execute("SELECT count(*) FROM fact").fetchone()[0]
        if count <= most:
            return None
        upto = self._db.execute(
            "SELECT seq FROM fact ORDER BY seq LIMIT 1 OFFSET ?", (count - most - 1,)
        ).fetchone()[0]
        lost = self._db.execute(
            "SELECT min(seq), max(seq) FROM fact WHERE seq <= ? AND seq > ?", (upto, self._acked)
        ).fetchone()
        self._db.execute("DELETE FROM fact WHERE seq <= ?", (upto,))
        return (int(lost[0]), int(lost[1])) if lost[0] is not None else None

    def close(self) -> None:
        self._db.close()


def _dated(fact: Fact) -> int | None:
    """None where the clock only knew a floor: such a fact would look old and be pruned."""
    return fact.at if fact.clock in ("proved", "synced", "held") else None


def _encoded(fact: Fact, seq: int) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(fact, seq=seq))
