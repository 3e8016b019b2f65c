"""/metrics in Prometheus text: the fleet, the ledger, the outbox, the ingest. Raw ASGI, no Django.

For this machine itself, or for who brings the token of server.toml. A request that a proxy passed
on comes from this machine too, so it needs the token as well.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from loa_server.fleet.status import Heard, presence

PATH: Final = "/metrics"
TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_PASSED_ON: Final = {b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"}
_STATES: Final = ("online", "late", "offline", "never")

_NODES: Final = "SELECT seen_at, online, every_s FROM fleet_node WHERE status = 'active'"
_DELIVERIES: Final = """SELECT d.state, COUNT(*) FROM dispatch_delivery d
 JOIN bulletins_bulletin b ON b.id = d.bulletin_id WHERE b.state = 'published' GROUP BY d.state"""
_INTENTS: Final = "SELECT COUNT(*), MIN(made_at) FROM dispatch_intent WHERE done_at IS NULL"
_MESSAGES: Final = "SELECT COUNT(*), MIN(made_at) FROM dispatch_message WHERE sent_at IS NULL"
_FACTS: Final = "SELECT COALESCE(MAX(id), 0) FROM ingest_storedfact"
_GAPS: Final = """SELECT COUNT(*) FROM fleet_node n WHERE EXISTS (SELECT 1 FROM ingest_storedfact f
 WHERE f.node_id = n.id AND f.epoch = n.epoch AND f.seq > n.acked)"""
_AUDIT: Final = """SELECT (SELECT COALESCE(MAX(seq), 0) FROM audit_entry),
 EXISTS (SELECT 1 FROM audit_watch WHERE broken_seq IS NOT NULL)"""
_ALARMS: Final = "SELECT code, SUM(times) FROM ingest_alarm GROUP BY code"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Metrics:
    def __init__(self, database: Path, token: str) -> None:
        self._database = database
        self._token = token

    async def __call__(self, scope: dict[str, Any], _receive: Receive, send: Send) -> None:
        if not allowed(scope, self._token):
            await _answer(send, 403, b"text/plain", b"from this machine, or with the token\n")
            return
        now = datetime.now(UTC)
        body = await asyncio.to_thread(text, self._database, now)
        await _answer(send, 200, TYPE, body)


def allowed(scope: dict[str, Any], token: str) -> bool:
    headers = dict(scope["headers"])
    brought = headers.get(b"authorization", b"")
    if token and hmac.compare_digest(brought, b"Bearer " + token.encode()):
        return True
    if _PASSED_ON & headers.keys():
        return False
    try:
        return ipaddress.ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False


def text(database: Path, now: datetime) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_District(database, now))
    return generate_latest(registry)


class _District(Collector):
    """Everything is read at the moment somebody asks, in one transaction."""

    def __init__(self, database: Path, now: datetime) -> None:
        self._database = database
        self._now = now

    def collect(self) -> Iterator[Metric]:
        with closing(
            sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, isolation_level=None)
        ) as db:
            db.execute("BEGIN")
            yield self._nodes(db)
            yield _by_state(
                "loa_deliveries", "Ledger lines of running bulletins.", db.execute(_DELIVERIES)
            )
            yield from self._outbox(db)
            facts = CounterMetricFamily("loa_facts", "Journal facts taken in.")
            facts.add_metric([], db.execute(_FACTS).fetchone()[0])
            yield facts
            yield GaugeMetricFamily(
                "loa_journal_gaps",
                "Nodes with a hole in their journal.",
                value=db.execute(_GAPS).fetchone()[0],
            )
            alarms = CounterMetricFamily(
                "loa_alarms", "Times each alarm was raised.", labels=["code"]
            )
            for code, times in db.execute(_ALARMS):
                alarms.add_metric([code], times)
            yield alarms
            yield from _audit(db)

    def _nodes(self, db: sqlite3.Connection) -> Metric:
        states = Counter(
            presence(Heard(_moment(seen), bool(online), every_s), self._now)
            for seen, online, every_s in db.execute(_NODES)
        )
        return _by_state("loa_nodes", "Active nodes.", [(s, states[s]) for s in _STATES])

    def _outbox(self, db: sqlite3.Connection) -> Iterator[Metric]:
        intents, first = db.execute(_INTENTS).fetchone()
        messages, second = db.execute(_MESSAGES).fetchone()
        depth = GaugeMetricFamily("loa_outbox", "What waits to be published.", labels=["what"])
        depth.add_metric(["intent"], intents)
        depth.add_metric(["message"], messages)
        yield depth
        oldest = min(filter(None, (_moment(first), _moment(second))), default=self._now)
        yield GaugeMetricFamily(
            "loa_outbox_oldest_seconds",
            "Age of the oldest that waits; 0 when nothing does.",
            value=max(0.0, (self._now - oldest).total_seconds()),
        )


def _audit(db: sqlite3.Connection) -> Iterator[Metric]:
    entries, broken = db.execute(_AUDIT).fetchone()
    yield GaugeMetricFamily("loa_audit_entries", "Entries of the audit log.", value=entries)
    yield GaugeMetricFamily("loa_audit_broken", "1: the log was changed.", value=broken)


def _by_state(name: str, words: str, rows: Any) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state, count in rows:
        family.add_metric([state], count)
    return family


def _moment(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC) if stored else None


async def _answer(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
