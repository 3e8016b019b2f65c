"""What changed in the ledger and the fleet since last asked: one reader per web process.

`PRAGMA data_version` says for nothing whether any other connection has committed; only then are
rows read, by their rising `seq` and by when a node was last heard.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

MOST: Final = 2000

_DELIVERIES: Final = """SELECT d.seq, d.bulletin_id, d.node_id, a.path, d.state, d.evidence,
 d.plays, d.planned, d.reason, d.first_sound_at, d.changed_at
 FROM dispatch_delivery d JOIN fleet_node n ON n.id = d.node_id
 JOIN areas_area a ON a.id = n.area_id
 WHERE d.seq > ? {more} ORDER BY d.seq LIMIT ?"""
_OF_BULLETIN: Final = "AND d.bulletin_id = ?"
_NODES: Final = """SELECT n.id, a.path, n.seen_at, n.online, n.every_s
 FROM fleet_node n JOIN areas_area a ON a.id = n.area_id
 WHERE n.seen_at > ? ORDER BY n.seen_at LIMIT ?"""
_NODES_NAMED: Final = """SELECT n.id, a.path, n.seen_at, n.online, n.every_s
 FROM fleet_node n JOIN areas_area a ON a.id = n.area_id
 WHERE n.id IN (SELECT value FROM json_each(?))"""
_GONE: Final = "SELECT id FROM fleet_node WHERE online = 0"
_SEQ: Final = "SELECT COALESCE(MAX(seq), 0) FROM dispatch_delivery"
_SEEN: Final = "SELECT COALESCE(MAX(seen_at), '') FROM fleet_node"


@dataclass(frozen=True)
class Change:
    """One row as a page shows it. `room` is what a viewer watches, `path` whose scope it needs."""

    room: str  # "bulletin/<id>" or "fleet"
    node: str
    path: str
    seq: int
    body: dict[str, Any]

    @cached_property
    def event(self) -> bytes:
        """As it goes over the wire; made once, however many watch."""
        body = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        name = f"id: {self.seq}\n" if self.seq else ""
        return f"{name}event: row\ndata: {body}\n\n".encode()


class Changes:
    """One owner polls it; it may be closed while a poll is under way in another thread, as when
    the server stops: a connection that is closed beneath a statement ends the whole process."""

    def __init__(self, database: Path) -> None:
        self._busy = threading.Lock()
        self._db = sqlite3.connect(
            f"file:{database}?mode=ro", uri=True, timeout=5, check_same_thread=False
        )
        self._version = -1
        self._seq = int(self._db.execute(_SEQ).fetchone()[0])
        self._seen = str(self._db.execute(_SEEN).fetchone()[0])
        self._gone = self._all_gone()

    def poll(self) -> list[Change]:
        """What others have committed since the last call, oldest first, at most MOST of each.

        Raises sqlite3.Error, also when it has been closed.
        """
        with self._busy:
            return self._poll()

    def _poll(self) -> list[Change]:
        version = int(self._db.execute("PRAGMA data_version").fetchone()[0])
        if version == self._version:
            return []
        rows = self._db.execute(_DELIVERIES.format(more=""), (self._seq, MOST)).fetchall()
        nodes = self._db.execute(_NODES, (self._seen, MOST)).fetchall()
        if len(rows) < MOST and len(nodes) < MOST:
            self._version = version  # else there is more, whether or not anyone commits again
        if rows:
            self._seq = rows[-1][0]
        if nodes:
            self._seen = nodes[-1][2]
        return [*map(_delivery, rows), *map(_node, nodes), *map(_node, self._turned())]

    def _turned(self) -> list[tuple[Any, ...]]:
        """Nodes whose session began or ended: a will does not change when they were last heard."""
        before, self._gone = self._gone, self._all_gone()
        turned = json.dumps(sorted(before ^ self._gone))
        return self._db.execute(_NODES_NAMED, (turned,)).fetchall() if before != self._gone else []

    def _all_gone(self) -> frozenset[str]:
        return frozenset(node for (node,) in self._db.execute(_GONE))

    def of_bulletin(self, bulletin: str, after: int) -> list[Change]:
        """What a page that was drawn at `after` has not seen."""
        query = _DELIVERIES.format(more=_OF_BULLETIN)
        return [_delivery(row) for row in self._db.execute(query, (after, bulletin, MOST))]

    def close(self) -> None:
        with self._busy:
            self._db.close()


def _delivery(row: tuple[Any, ...]) -> Change:
    seq, bulletin, node, path, state, evidence, plays, planned, reason, first, changed = row
    body = {
        "bulletin": bulletin,
        "node": node,
        "state": state,
        "evidence": evidence,
        "plays": plays,
        "planned": planned,
        "reason": reason,
        "first_sound_at": _utc(first),
        "changed_at": _utc(changed),
    }
    return Change(f"bulletin/{bulletin}", node, path, seq, body)


def _node(row: tuple[Any, ...]) -> Change:
    node, path, seen, online, every_s = row
    body = {"node": node, "seen_at": _utc(seen), "online": bool(online), "every_s": every_s}
    return Change("fleet", node, path, 0, body)


def _utc(text: str | None) -> str:
    """Django writes UTC without saying so; a browser must be told."""
    return f"{text.replace(' ', 'T')}Z" if text else ""
