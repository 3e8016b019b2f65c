"""Heads of the audit log that nodes heard in beacons and say again in their health.

A head that our log does not hold means that the log was cut or rewritten after a node heard it
(or that an older database was restored). Whoever did it would have to find every node as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from loa_server.audit.book import holds
from loa_server.fleet.models import Node
from loa_server.ingest.models import Alarm

CODE: Final = "audit_head"
AGAIN: Final = timedelta(hours=1)


def compare_audit_heads(now: datetime) -> bool:
    """One alarm per node that echoes what our log never said; counted again each hour."""
    echoed: dict[str, list[str]] = {}
    active = Node.objects.filter(status=Node.Status.ACTIVE).exclude(health={})
    for node, head in active.values_list("pk", "health__audit_head"):
        if isinstance(head, str) and head:
            echoed.setdefault(head, []).append(node)
    for head, nodes in echoed.items():
        if not holds(head):
            for node in nodes:
                _alarm(node, f"the node has heard {head}, which is not in the audit log", now)
    return False


def _alarm(node: str, detail: str, now: datetime) -> None:
    alarm, new = Alarm.objects.get_or_create(
        node_id=node, code=CODE, defaults={"detail": detail, "first_at": now, "last_at": now}
    )
    if not new and (alarm.detail != detail or alarm.last_at < now - AGAIN):
        Alarm.objects.filter(pk=alarm.pk).update(detail=detail, last_at=now, times=F("times") + 1)
