"""Nodes that refuse too much: somebody may be forging orders on their line.

One bad message is a fault or a leftover. Many in an hour that no honest sender makes are told to
the district, which sees the alarm on the pages of the node.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, F

from loa_server.ingest.models import Alarm, StoredFact

CODE: Final = "forgeries"
MANY: Final = 10
"""In an hour. A node tells at most 60 of them, each message once."""
WINDOW: Final = timedelta(hours=1)
SUSPICIOUS: Final = frozenset(
    {
        *("signature", "unknown_key", "signatures", "countersign", "may", "scope", "level"),
        *("key_life", "json", "envelope", "base64", "size", "type", "schema", "foreign"),
    }
)
"""Not what time or another order of arrival does to honest messages."""


def tell_of_forgeries(now: datetime) -> bool:
    """One alarm per node; counted again each hour for as long as it goes on."""
    facts = StoredFact.objects.filter(
        pk__gt=_last_before(now - WINDOW), fact="refused", reason__in=SUSPICIOUS
    )
    counted = facts.values("node_id").annotate(times=Count("pk")).filter(times__gt=MANY)
    for node, times in counted.values_list("node_id", "times"):
        _alarm(node, str(times), now)
    return False


def _last_before(moment: datetime) -> int:
    """Facts lie in the order in which they came: read from the newest back, not the whole table."""
    older = StoredFact.objects.filter(received_at__lt=moment).order_by("-pk")
    return older.values_list("pk", flat=True).first() or 0


def _alarm(node: str, times: str, now: datetime) -> None:
    alarm, new = Alarm.objects.get_or_create(
        node_id=node, code=CODE, defaults={"detail": times, "first_at": now, "last_at": now}
    )
    if not new and alarm.last_at <= now - WINDOW:
        Alarm.objects.filter(pk=alarm.pk).update(detail=times, last_at=now, times=F("times") + 1)
