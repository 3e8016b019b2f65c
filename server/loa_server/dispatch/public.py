"""What public/ should hold, from the database: nodes are served these files and no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from loa_server.config import ServerConfig
from loa_server.dispatch import publish
from loa_server.dispatch.models import Envelope, Manifest, ManifestItem
from loa_wire import down, dsse
from loa_wire.bulletin import Bulletin
from loa_wire.limits import DOWN_ENVELOPE
from loa_wire.parse import decode


@dataclass(frozen=True, slots=True)
class PublicFile:
    """`path` below public/. Without a body it is a medium to be copied from the private store."""

    path: str
    body: bytes | None


def public_files(config: ServerConfig, now: int) -> Iterator[PublicFile]:
    """Everything that nodes may still ask for at `now` (ms), to make public/ again at start."""
    yield from trust_files(config)
    wanted = ManifestItem.objects.filter(exp__gt=now).values("sha256")
    for envelope in Envelope.objects.filter(pk__in=wanted).select_related("revision").iterator():
        yield PublicFile(f"envelopes/{envelope.sha256}", bytes(envelope.body))
        bulletin = decode(bytes(envelope.revision.payload), Bulletin)
        for name in bulletin.files():
            yield PublicFile(f"media/{name}", None)
    for manifest in Manifest.objects.exclude(envelope=b"").iterator():
        yield PublicFile(f"areas/{manifest.area_id}/manifest", bytes(manifest.envelope))
        for name, body in _pages(manifest):
            yield PublicFile(f"envelopes/{name}", body)


def trust_files(config: ServerConfig) -> Iterator[PublicFile]:
    """root-<n>.json and register-<n>.json of the trust folder, under the names nodes ask for."""
    for prefix, folder in (("root", "root"), ("register", f"authority/{config.unit.id}")):
        for file in sorted(config.trust_dir.glob(f"{prefix}-*.json")):
            yield PublicFile(f"{folder}/{version_of(file)}", file.read_bytes())


def version_of(file: Path) -> int:
    return int(file.stem.rsplit("-", 1)[1])


def items_of(area: str) -> list[down.ManifestItem]:
    return [
        down.ManifestItem(id=i.bulletin_id, rev=i.rev, sha256=i.sha256, exp=i.exp)
        for i in ManifestItem.objects.filter(area_id=area)
    ]


def _pages(row: Manifest) -> Iterable[tuple[str, bytes]]:
    """As when it was signed: the same items in the same order."""
    envelope = dsse.open_envelope(bytes(row.envelope), DOWN_ENVELOPE)
    signed = decode(envelope.payload, down.Manifest)
    if not signed.pages:
        return ()
    wide = publish.Spread(signed.w, signed.fetch_spread)
    items = items_of(signed.area)
    return publish.index(signed.area, signed.version, items, signed.iat, wide).pages
