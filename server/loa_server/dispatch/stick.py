"""What a stick for hamlets carries: public files as nodes ask for them, and each node's own papers.

Nothing here is secret, and nothing becomes true by lying on a stick: every document is signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from loa_server.areas.models import Area
from loa_server.areas.scope import ids_of, path_range
from loa_server.config import ServerConfig
from loa_server.dispatch.models import Envelope, Manifest, ManifestItem
from loa_server.dispatch.public import PublicFile, trust_files
from loa_server.dispatch.signing import Signer
from loa_server.fleet.models import Node, NodeDocument
from loa_wire.bulletin import Bulletin
from loa_wire.down import Ack
from loa_wire.limits import INTEGER
from loa_wire.parse import decode

DOCUMENTS: Final = ("assignment", "settings")


def nodes_in(area: Area) -> list[Node]:
    low, high = path_range(area.path)
    active = Node.objects.filter(status=Node.Status.ACTIVE, area__path__gte=low)
    return list(active.filter(area__path__lt=high).select_related("area").order_by("pk"))


def files(
    config: ServerConfig, nodes: Sequence[Node], signer: Signer | None, now: int
) -> Iterator[PublicFile]:
    """A body of None is a medium to be copied. `now` in ms; the signer confirms what the ledger
    has of each journal: without one nothing is confirmed. Raises SigningError."""
    yield from trust_files(config)
    areas = {area for node in nodes for area in ids_of(node.area.path)}
    for manifest in Manifest.objects.filter(area__in=areas).exclude(envelope=b""):
        yield PublicFile(f"areas/{manifest.area_id}/manifest", bytes(manifest.envelope))
    yield from _bulletins(areas, now)
    for node in nodes:
        yield from _papers(node, signer, now)


def _bulletins(areas: set[str], now: int) -> Iterator[PublicFile]:
    wanted = ManifestItem.objects.filter(area__in=areas, exp__gt=now).values("sha256")
    media: set[str] = set()
    for envelope in Envelope.objects.filter(pk__in=wanted).select_related("revision"):
        yield PublicFile(f"envelopes/{envelope.sha256}", bytes(envelope.body))
        media |= {one.sha256 for one in decode(bytes(envelope.revision.payload), Bulletin).media()}
    for sha256 in sorted(media):
        yield PublicFile(f"media/{sha256}", None)


def _papers(node: Node, signer: Signer | None, now: int) -> Iterator[PublicFile]:
    for row in NodeDocument.objects.filter(node=node, typ__in=DOCUMENTS):
        yield PublicFile(f"nodes/{node.id}/{row.typ}", bytes(row.envelope))
    if signer is not None and node.epoch and 0 < node.acked < INTEGER:
        ack = Ack(node=node.id, epoch=node.epoch, upto=node.acked, iat=now).encode()
        yield PublicFile(f"nodes/{node.id}/ack", signer.document("ack", ack))
