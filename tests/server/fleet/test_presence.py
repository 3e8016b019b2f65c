"""The database's answer and the rule's are one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.people import a_commune, a_node
from loa_server.fleet import status
from loa_server.fleet.models import Node
from loa_server.fleet.presence import presence

NOW = datetime(2026, 11, 23, 5, 0, 30, 250_000, tzinfo=UTC)
BEATS = (0, 0.5, 1.09, 1.11, 1.49, 1.51, 40, 500_000, -1)


def test_the_database_says_what_the_rule_says(database: Path) -> None:
    del database
    area = a_commune()
    for n, beats in enumerate(BEATS):
        for every in (0, 1, 60, 900):
            for online in (True, False):
                node = a_node(area, f"n{n}-{every}-{online}")
                seen = NOW - timedelta(seconds=beats * max(1, every))
                Node.objects.filter(pk=node.pk).update(seen_at=seen, every_s=every, online=online)
    a_node(area, "never")

    rows = Node.objects.annotate(presence=presence(NOW))

    rule = {r.pk: status.presence(status.Heard(r.seen_at, r.online, r.every_s), NOW) for r in rows}
    assert {row.pk: row.presence for row in rows} == rule
    assert set(rule.values()) == {"never", "online", "late", "offline"}
