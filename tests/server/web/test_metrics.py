from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.reports import AT, BULLETIN, EPOCH, NODE, a_fact, a_life, journal, status
from loa_server.ingest.writer import Writer
from loa_server.web.metrics import Metrics, allowed, text
from parts.database import Table, a_bulletin, a_node, an_area

NOW = datetime.fromtimestamp(AT / 1000, UTC)


def a_request(client: str = "127.0.0.1", **headers: str) -> dict[str, Any]:
    named = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return {"client": (client, 5), "headers": named}


@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
def test_this_machine_may_look(client: str) -> None:
    assert allowed(a_request(client), "")


@pytest.mark.parametrize("client", ["192.0.2.7", "2001:db8::1", "", "unix"])
def test_nobody_else_may_without_the_token(client: str) -> None:
    assert not allowed(a_request(client), "")
    assert not allowed(a_request(client, authorization="Bearer "), "")
    assert not allowed(a_request(client, authorization="Bearer wrong"), "right")


def test_who_brings_the_token_may_from_anywhere() -> None:
    assert allowed(a_request("192.0.2.7", authorization="Bearer right"), "right")


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "via", "x_real_ip"])
def test_what_a_proxy_passed_on_is_not_this_machine(header: str) -> None:
    assert not allowed(a_request(**{header: "192.0.2.7"}), "")


def test_a_refusal_tells_nothing() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing is read")

    asyncio.run(Metrics(Path("/nowhere"), "")(a_request("192.0.2.7"), receive, send))

    assert sent[0]["status"] == 403
    assert b"loa_" not in sent[1]["body"]


def test_the_figures_are_those_of_the_database(database: Path) -> None:
    table = Table(database)
    an_area(table)
    a_node(table, NODE, every_s=60)
    a_node(table, "tq-02")
    a_node(table, "tq-09", status="revoked")
    a_bulletin(table, BULLETIN)
    for node in (NODE, "tq-02"):
        row = {"rev": 1, "state": "expected", "planned": 1}
        table.add("dispatch_delivery", bulletin_id=BULLETIN, node_id=node, **row)
    made = (NOW - timedelta(seconds=90)).replace(tzinfo=None).isoformat(" ")
    table.add("dispatch_message", topic="loa/1/root", made_at=made)
    table.add("audit_entry", seq=1, line="{}", sha256="not its hash")
    table.add("audit_watch", broken_seq=1)
    writer = Writer(database)
    writer.take([status(1, 1, online=True), journal([*a_life(), a_fact(7, "ready")])], AT)

    told = text(database, NOW).decode().splitlines()

    assert {line for line in told if not line.startswith("#") and "_created" not in line} == {
        'loa_nodes{state="online"} 1.0',
        'loa_nodes{state="late"} 0.0',
        'loa_nodes{state="offline"} 0.0',
        'loa_nodes{state="never"} 1.0',
        'loa_deliveries{state="expected"} 1.0',
        'loa_deliveries{state="played"} 1.0',
        'loa_outbox{what="intent"} 0.0',
        'loa_outbox{what="message"} 1.0',
        "loa_outbox_oldest_seconds 90.0",
        "loa_facts_total 5.0",
        "loa_journal_gaps 1.0",
        'loa_alarms_total{code="journal_gap"} 1.0',
        "loa_audit_entries 1.0",
        "loa_audit_broken 1.0",
    }
    assert table.one("SELECT epoch FROM fleet_node WHERE id = ?", NODE) == EPOCH
    writer.close()
    table.close()
