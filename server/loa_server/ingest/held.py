"""What the database holds of everything that a batch of reports mentions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from loa_server.ingest.apply import (
    DeliveryKey,
    FactKey,
    Held,
    HeldJournal,
    HeldNode,
    JournalKey,
    Span,
    touched,
)
from loa_server.ingest.ledger import Expected, LedgerFact
from loa_server.ingest.reports import HealthReport, JournalReport, Report

_NODES: Final = """SELECT id, status = 'active', boots, connects, online, epoch, acked
 FROM fleet_node WHERE id IN (SELECT value FROM json_each(?))"""
_STORED: Final = """SELECT seq, raw FROM ingest_storedfact
 WHERE node_id = ? AND epoch = ? AND seq IN (SELECT value FROM json_each(?))"""
_ABOVE: Final = """SELECT seq, CASE fact WHEN 'dropped_facts' THEN raw END
 FROM ingest_storedfact WHERE node_id = ? AND epoch = ? AND seq > ?"""
_PAST: Final = """SELECT epoch, seq, at, clock, fact, rev, occurrence, result, evidence, reason
 FROM ingest_storedfact WHERE bulletin = ? AND node_id = ?"""
_EXPECTED: Final = """SELECT rev, planned FROM dispatch_delivery
 WHERE bulletin_id = ? AND node_id = ?"""
_PUBLISHED: Final = """SELECT MAX(r.rev),
 COALESCE((SELECT planned FROM dispatch_delivery d WHERE d.bulletin_id = r.bulletin_id LIMIT 1), 1)
 FROM bulletins_revision r JOIN dispatch_envelope e ON e.revision_id = r.id
 WHERE r.bulletin_id = ?"""
_REVISIONS: Final = """SELECT rev, payload FROM bulletins_revision
 WHERE bulletin_id = ? AND rev BETWEEN 2 AND ? ORDER BY rev DESC"""


class _Spoken(msgspec.Struct):
    """Of a revision's payload, what the counting of plays depends on."""

    replay: bool = False


class _Dropped(msgspec.Struct):
    start: int = msgspec.field(default=0, name="from")
    to: int = 0


class Revisions:
    """From which revision on plays count: a published payload never changes, so it is kept."""

    def __init__(self) -> None:
        self._counts_from: dict[tuple[str, int], int] = {}

    def counts_from(self, db: sqlite3.Cursor, bulletin: str, rev: int) -> int:
        if rev <= 1:
            return 1
        key = (bulletin, rev)
        if key not in self._counts_from:
            if len(self._counts_from) > 10_000:
                self._counts_from.clear()
            rows = db.execute(_REVISIONS, key).fetchall()
            self._counts_from[key] = next(
                (r for r, body in rows if msgspec.json.decode(body, type=_Spoken).replay), 1
            )
        return self._counts_from[key]


def load(db: sqlite3.Cursor, reports: Sequence[Report], revisions: Revisions) -> Held:
    nodes = _nodes(db, {report.node for report in reports})
    journals = {key: _journal(db, key, nodes) for key in _journals_named(reports, nodes)}
    keys = touched(r for r in reports if r.node in nodes)
    return Held(
        nodes=nodes,
        journals=journals,
        stored=_stored(db, reports),
        past={key: _past(db, key) for key in keys},
        expected={
            key: known for key in keys if (known := _expected(db, key, revisions)) is not None
        },
    )


def _nodes(db: sqlite3.Cursor, names: Iterable[str]) -> dict[str, HeldNode]:
    rows = db.execute(_NODES, (json.dumps(sorted(names)),))
    return {
        name: HeldNode(bool(active), boots, connects, bool(online), epoch, acked)
        for name, active, boots, connects, online, epoch, acked in rows
    }


def _journals_named(reports: Sequence[Report], nodes: dict[str, HeldNode]) -> set[JournalKey]:
    named = {(r.node, r.epoch) for r in reports if isinstance(r, JournalReport)}
    backlogs = {
        (r.node, r.health.journal.epoch)
        for r in reports
        if isinstance(r, HealthReport) and r.health.journal is not None
    }
    # the journal a node is known by needs no counting for a health message
    strange = {(n, e) for n, e in backlogs if n in nodes and nodes[n].epoch != e}
    return {key for key in named | strange if key[0] in nodes}


def _journal(db: sqlite3.Cursor, key: JournalKey, nodes: dict[str, HeldNode]) -> HeldJournal:
    name, epoch = key
    upto = nodes[name].acked if nodes[name].epoch == epoch else 0
    rows = db.execute(_ABOVE, (name, epoch, upto)).fetchall()
    return HeldJournal(
        upto=upto,
        above=frozenset(seq for seq, _ in rows),
        dropped=tuple(_span(raw) for _, raw in rows if raw is not None),
    )


def _span(raw: bytes) -> Span:
    try:
        dropped = msgspec.json.decode(raw, type=_Dropped)
    except msgspec.DecodeError:
        return (0, 0)
    return (dropped.start, dropped.to)


def _stored(db: sqlite3.Cursor, reports: Iterable[Report]) -> dict[FactKey, bytes]:
    wanted: dict[JournalKey, set[int]] = {}
    for report in reports:
        if isinstance(report, JournalReport):
            seqs = wanted.setdefault((report.node, report.epoch), set())
            seqs.update(one.seq for one in report.facts)
    return {
        (name, epoch, seq): bytes(raw)
        for (name, epoch), seqs in wanted.items()
        for seq, raw in db.execute(_STORED, (name, epoch, json.dumps(sorted(seqs))))
    }


def _past(db: sqlite3.Cursor, key: DeliveryKey) -> list[LedgerFact]:
    return [
        LedgerFact(epoch, seq, _ms(at), *told) for epoch, seq, at, *told in db.execute(_PAST, key)
    ]


def _expected(db: sqlite3.Cursor, key: DeliveryKey, revisions: Revisions) -> Expected | None:
    """A node that came later, or moved here, has no line yet: it gets one as it reports."""
    bulletin, _ = key
    row = db.execute(_EXPECTED, key).fetchone() or db.execute(_PUBLISHED, (bulletin,)).fetchone()
    rev, planned = row
    if rev is None:
        return None
    return Expected(rev, planned, revisions.counts_from(db, bulletin, rev))


def _ms(text: str) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
