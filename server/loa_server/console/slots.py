"""The sessions (khung giờ) that the nodes of a bulletin keep, for the preview."""

from __future__ import annotations

import msgspec
from django.conf import settings

from loa_server.areas.reach import within
from loa_server.bulletins.models import Bulletin
from loa_server.fleet.models import NodeDocument
from loa_wire.place import Settings, Slot


def slots_for(bulletin: Bulletin) -> Settings:
    """As the first node under the bulletin's home was told; else what a new node is told."""
    documents = NodeDocument.objects.filter(
        within([bulletin.home.path], "node__area__path"), typ="settings"
    )
    payload = documents.order_by("node_id").values_list("payload", flat=True).first()
    if payload is not None:
        return msgspec.json.decode(bytes(payload), type=Settings)
    minutes = settings.LOA.fleet.slot_minutes
    slots = [Slot(start=start, minutes=minutes) for start in settings.LOA.fleet.slots]
    return Settings(node="preview", version=1, iat=0, slots=slots)
