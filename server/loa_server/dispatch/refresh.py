"""What was signed before and no longer agrees with server.toml and the area tree: queued anew."""

from __future__ import annotations

from datetime import datetime

import msgspec

from loa_server.config import ServerConfig
from loa_server.dispatch import node_documents, publish
from loa_server.dispatch.models import Intent, Manifest
from loa_server.dispatch.services import standing_of
from loa_server.fleet.models import Node, NodeDocument
from loa_wire import down, dsse, limits
from loa_wire.parse import decode


def queue_outdated(config: ServerConfig, now: datetime) -> int:
    """Returns how many intents were added. Nothing is queued that already waits."""
    waiting = Intent.objects.filter(done_at=None)
    nodes = waiting.filter(what="node").values_list("node_id", flat=True)
    areas = waiting.filter(what="area").values_list("area_id", flat=True)
    active = Node.objects.filter(status=Node.Status.ACTIVE).select_related("area")
    intents = [
        Intent(what="node", node=node, made_at=now)
        for node in active.exclude(pk__in=nodes)
        if _node_is_outdated(node, config)
    ]
    wide = publish.spread(active.count(), config.fleet.reconnect_w, config.fleet.fetch_spread)
    intents += [
        Intent(what="area", area_id=manifest.area_id, made_at=now)
        for manifest in Manifest.objects.exclude(envelope=b"").exclude(area_id__in=areas)
        if _spread_of(manifest) != wide
    ]
    Intent.objects.bulk_create(intents)
    return len(intents)


def _node_is_outdated(node: Node, config: ServerConfig) -> bool:
    held = {
        row.typ: (row.version, bytes(row.payload)) for row in NodeDocument.objects.filter(node=node)
    }
    standing = standing_of(node)
    for typ in ("assignment", "settings"):
        if typ not in held:
            return True
        version, payload = held[typ]
        iat = msgspec.json.decode(payload)["iat"]
        fresh = (
            node_documents.assignment(standing, config.limits, version, iat)
            if typ == "assignment"
            else node_documents.settings(standing, config.fleet, version, iat)
        )
        if fresh.encode() != payload:
            return True
    return False


def _spread_of(manifest: Manifest) -> publish.Spread:
    envelope = dsse.open_envelope(bytes(manifest.envelope), limits.DOWN_ENVELOPE)
    held = decode(envelope.payload, down.Manifest)
    return publish.Spread(held.w, held.fetch_spread)
