"""What the engine adds: approval to broker, and reports taken in beside SQLite's own speed.

Floors, in the same run: one signed transaction is nothing without its fsync, so the publishing
stands beside a bare commit of one row; the ingest beside bare inserts of the same facts in the
same batches.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path

from fakes.reports import BULLETIN, a_life, health, journal
from loa_server.ingest.reports import Arrival
from loa_server.ingest.writer import Writer
from loa_wire import topics
from parts.database import Table, a_bulletin, a_node, an_area, migrated
from parts.engine_room import AREA, EngineRoom, heard_on, initialised

APPROVALS = 40
NODES = 1000
BATCH = 500
ROUNDS = 10
GOAL_MS = 200
FACT = """INSERT INTO ingest_storedfact (node_id, epoch, seq, received_at, at, clock, boot, fact,
 bulletin, occurrence, result, evidence, reason, raw) VALUES (?, 'e1', ?, '2026-01-05',
 '2026-01-05', 'synced', 'b1', 'ended', ?, '', 'played', 'device', '', ?)"""


def percentile(values: list[float], share: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * share // 100)]


def bench_approval_to_broker() -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = EngineRoom(Path(folder) / "room", initialised(Path(folder)))
        room.start()
        try:
            took = approvals(room)
            floor = bare_commits(room.state / "db.sqlite3")
        finally:
            room.close()
    p50, p95 = percentile(took, 50), percentile(took, 95)
    commit = percentile(floor, 50)
    print(f"\napproval committed -> heard by a node, {APPROVALS} times: ", end="")
    print(f"p50 {p50:.0f} ms, p95 {p95:.0f} ms (goal p95 < {GOAL_MS} ms)")
    print(f"  one bare commit of the same database p50 {commit:.1f} ms: {p50 / commit:.0f}x")


def approvals(room: EngineRoom) -> list[float]:
    took = []
    with room.node("tq-01") as node:
        for n in range(1, APPROVALS + 1):
            medium = room.medium(bytes([n]) * 200_000)
            room.approve(n, hint=False, audio={"vi": medium})
            began = time.monotonic()
            room.hint()
            heard_on(node, topics.area(AREA, "bulletin"))
            took.append((time.monotonic() - began) * 1000)
            time.sleep(0.1)
    return took


def bare_commits(database: Path) -> list[float]:
    db = sqlite3.connect(database, timeout=20, isolation_level=None)
    db.execute("PRAGMA synchronous=FULL")
    took = []
    for n in range(APPROVALS):
        began = time.monotonic()
        db.execute("UPDATE dispatch_message SET sent_at = ? WHERE id = 1", (str(n),))
        took.append((time.monotonic() - began) * 1000)
    return took


def bench_ingest() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = migrated(Path(folder))
        populate(database)
        floor_at = Path(shutil.copy(database, Path(folder) / "floor.sqlite3"))
        batches = [
            [
                report(n, round_)
                for n in range(start, start + BATCH)
                for report in (a_journal, a_health)
            ]
            for round_ in range(ROUNDS)
            for start in range(0, NODES, BATCH)
        ]
        ours, facts = took_in(database, batches)
        floor = inserted(floor_at, facts, len(batches))
    messages = sum(map(len, batches))
    print(f"\ningest: {messages / ours:.0f} messages/s ({facts / ours:.0f} facts/s), ", end="")
    print(f"{NODES} nodes, batches of {2 * BATCH}")
    print(f"  bare inserts of the same facts: {facts / floor:.0f} facts/s, {ours / floor:.1f}x")


def populate(database: Path) -> None:
    table = Table(database)
    table.db.execute("BEGIN")
    an_area(table)
    a_bulletin(table, BULLETIN)
    for n in range(NODES):
        a_node(table, f"n-{n}")
        row = {"rev": 1, "state": "expected", "planned": 1}
        table.add("dispatch_delivery", bulletin_id=BULLETIN, node_id=f"n-{n}", **row)
    table.db.execute("COMMIT")
    table.close()


def a_journal(n: int, round_: int) -> Arrival:
    facts = [{**fact, "seq": fact["seq"] + round_ * 4} for fact in a_life()]
    return journal(facts, node=f"n-{n}")


def a_health(n: int, round_: int) -> Arrival:
    return health(f"n-{n}", journal={"epoch": "e1", "last": round_ * 4, "acked": round_ * 4})


def took_in(database: Path, batches: list[list[Arrival]]) -> tuple[float, int]:
    writer = Writer(database)
    began, facts = time.monotonic(), 0
    for batch in batches:
        facts += writer.take(batch, 1_767_600_000_000).facts
    return time.monotonic() - began, facts


def inserted(database: Path, facts: int, batches: int) -> float:
    db = sqlite3.connect(database, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    raw = json.dumps(a_life()[3]).encode()
    each = facts // batches
    began = time.monotonic()
    for batch in range(batches):
        db.execute("BEGIN IMMEDIATE")
        rows = [(f"n-{n % NODES}", batch * each + n, BULLETIN, raw) for n in range(each)]
        db.executemany(FACT, rows)
        db.execute("COMMIT")
    return time.monotonic() - began


if __name__ == "__main__":
    bench_approval_to_broker()
    bench_ingest()
