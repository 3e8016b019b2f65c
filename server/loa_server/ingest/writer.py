"""A batch of reports in one SQLite transaction, in raw SQL: the ORM is for people's clicks.

`take` returns only once everything is on disk. What it returns may then be acknowledged: to the
broker, which otherwise sends it all again, and to the nodes, which may forget it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from loa_server.fleet import status
from loa_server.ingest import held
from loa_server.ingest.apply import LATEST_MS, Changes, Held, NewFact, NodeChange, apply
from loa_server.ingest.reports import Arrival, read_all
from loa_wire.up import Health

_FACT: Final = """INSERT INTO ingest_storedfact
 (node_id, epoch, seq, received_at, at, clock, boot, fact, bulletin, rev, occurrence, result,
  evidence, reason, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_NODE: Final = """UPDATE fleet_node SET seen_at = COALESCE(?, seen_at),
 boots = COALESCE(?, boots), connects = COALESCE(?, connects), online = COALESCE(?, online),
 boot = COALESCE(?, boot), ticket = COALESCE(?, ticket), software = COALESCE(?, software),
 every_s = COALESCE(?, every_s), health = COALESCE(?, health), ails = COALESCE(?, ails),
 took_assignment = COALESCE(?, took_assignment), took_settings = COALESCE(?, took_settings),
 epoch = COALESCE(?, epoch), acked = COALESCE(?, acked) WHERE id = ?"""
_LINE: Final = """INSERT INTO dispatch_delivery
 (bulletin_id, node_id, rev, planned, state, evidence, plays, reason, first_sound_at, changed_at,
  seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (bulletin_id, node_id) DO UPDATE SET state = excluded.state,
  evidence = excluded.evidence, plays = excluded.plays, reason = excluded.reason,
  first_sound_at = excluded.first_sound_at, changed_at = excluded.changed_at, seq = excluded.seq
 WHERE (state, evidence, plays, reason, first_sound_at) IS NOT
  (excluded.state, excluded.evidence, excluded.plays, excluded.reason, excluded.first_sound_at)"""
_ALARM: Final = """INSERT INTO ingest_alarm (node_id, code, detail, first_at, last_at, times)
 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (node_id, code) DO UPDATE SET
 detail = excluded.detail, last_at = excluded.last_at, times = times + excluded.times"""
_LAST_SEQ: Final = "SELECT COALESCE(MAX(seq), 0) FROM dispatch_delivery"


@dataclass(frozen=True, slots=True)
class Taken:
    """`acks`: node -> (epoch, upto), now true. `facts`: how many were new."""

    acks: dict[str, tuple[str, int]]
    facts: int
    ignored: dict[str, int]


class Writer:
    """One connection of its own; used by one thread."""

    def __init__(self, database: Path) -> None:
        self._db = sqlite3.connect(database, timeout=20, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")  # what is acknowledged survives a power cut
        self._db.execute("PRAGMA foreign_keys=ON")
        self._revisions = held.Revisions()

    def close(self) -> None:
        self._db.close()

    def take(self, arrivals: Sequence[Arrival], now: int) -> Taken:
        """`now` in ms UTC. Raises sqlite3.Error with nothing changed."""
        reports = read_all(arrivals)
        with closing(self._db.cursor()) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                standing = held.load(db, reports, self._revisions)
                changes = apply(reports, standing)
                _write(db, changes, standing, now)
                db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    db.execute("ROLLBACK")
        return Taken(changes.acks, len(changes.facts), dict(changes.ignored))


def _write(db: sqlite3.Cursor, changes: Changes, standing: Held, now: int) -> None:
    at = stamp(now)
    db.executemany(_FACT, [_fact_row(new, at) for new in changes.facts])
    db.executemany(_NODE, [_node_row(name, c, at) for name, c in changes.nodes.items()])
    db.executemany(
        _ALARM,
        [(n, code, text, at, at, times) for (n, code), (text, times) in changes.alarms.items()],
    )
    if not changes.deliveries:
        return
    seq = db.execute(_LAST_SEQ).fetchone()[0] + 1
    rows = []
    for (bulletin, node), line in changes.deliveries.items():
        expected = standing.expected[bulletin, node]
        sound = None if line.first_sound_at is None else stamp(line.first_sound_at)
        told = (line.state, line.evidence, line.plays, line.reason[:120], sound)
        rows.append((bulletin, node, expected.rev, expected.planned, *told, at, seq))
    db.executemany(_LINE, rows)


def _fact_row(new: NewFact, received: str) -> tuple[Any, ...]:
    fact, numbered = new.numbered.fact, new.numbered
    key = (new.node, new.epoch, numbered.seq, received)
    if fact is None:
        return (*key, received, "", "", numbered.name[:20], "", None, "", "", "", "", numbered.raw)
    return (
        *key,
        stamp(fact.at),
        fact.clock,
        fact.boot,
        fact.fact,
        (fact.bulletin or "")[:26],
        fact.rev,
        (fact.occurrence or "")[:60],
        fact.result or "",
        fact.evidence or "",
        (fact.reason or "")[:120],
        numbered.raw,
    )


def _node_row(name: str, change: NodeChange, at: str) -> tuple[Any, ...]:
    spoken = change.presence.status if change.presence else None
    health = change.health.health if change.health else None
    software = (health and health.software) or (spoken and spoken.software) or None
    return (
        at if change.seen else None,
        *((spoken.boots, spoken.connects, spoken.online) if spoken else (None, None, None)),
        *((spoken.boot, spoken.ticket) if spoken else (None, None)),
        software,
        *(_told(health) if health else (None, None, None, None, None)),
        *(change.journal or (None, None)),
        name,
    )


def _told(health: Health) -> tuple[int, str, str, int, int]:
    text, applied = msgspec.json.encode(health).decode(), health.applied
    took = applied.assignment, applied.settings
    return health.every_s, text, status.codes(health), *took


def stamp(ms: int) -> str:
    """As Django writes a moment into SQLite."""
    moment = datetime.fromtimestamp(min(ms, LATEST_MS) / 1000, UTC)
    return moment.replace(tzinfo=None).isoformat(" ")
