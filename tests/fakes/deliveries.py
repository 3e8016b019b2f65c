"""Makers of what nodes reported: ledger lines and facts, as ingest would have left them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Max

from loa_server.bulletins.models import Bulletin
from loa_server.dispatch.models import Delivery
from loa_server.ingest.models import StoredFact


def a_delivery(bulletin: Bulletin, node: str, state: str, **columns: Any) -> Delivery:
    now = datetime.now(UTC)
    last = Delivery.objects.aggregate(last=Max("seq"))["last"] or 0
    return Delivery.objects.create(
        bulletin=bulletin, node_id=node, rev=1, state=state, changed_at=now, seq=last + 1, **columns
    )


def some_facts(node: str, bulletin: Bulletin) -> None:
    now = datetime.now(UTC)
    for seq, fact in enumerate(("received", "ready", "started", "ended"), start=1):
        StoredFact.objects.create(
            node_id=node,
            epoch="e1",
            seq=seq,
            received_at=now,
            at=now,
            clock="synced",
            boot="b1",
            fact=fact,
            bulletin=bulletin.id,
            rev=1,
            result="played" if fact == "ended" else "",
            evidence="device" if fact == "ended" else "",
            raw=b"{}",
        )
