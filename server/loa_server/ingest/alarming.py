"""An alarm about a node from elsewhere than its reports: one row per kind, with a count."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from loa_server.ingest.models import Alarm


def raise_alarm(node: str, code: str, detail: str, now: datetime) -> None:
    alarm, new = Alarm.objects.get_or_create(
        node_id=node, code=code, defaults={"detail": detail, "first_at": now, "last_at": now}
    )
    if not new:
        Alarm.objects.filter(pk=alarm.pk).update(detail=detail, last_at=now, times=F("times") + 1)
