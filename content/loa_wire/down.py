"""What `ops` signs: manifest, emergencies, beacon, ack, command.

They index, prove time, acknowledge and order; none of them can name media or make a node speak.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from loa_wire import limits
from loa_wire.fields import (
    AreaId,
    Count,
    Document,
    Ms,
    Name,
    NodeId,
    Nonce,
    Part,
    Sha256,
    Ulid,
)
from loa_wire.trusted import Version


class ManifestItem(Part, frozen=True, array_like=True):
    """[id, rev, sha256 of the envelope's bytes, exp]"""

    id: Ulid
    rev: Count
    sha256: Sha256
    exp: Ms


class Manifest(Document, frozen=True, tag="manifest"):
    """An index, never authority: absence removes nothing."""

    area: AreaId
    version: Version
    iat: Ms
    w: Annotated[int, Meta(ge=1, le=3600)] = 30  # seconds over which reconnects spread
    fetch_spread: Annotated[int, Meta(ge=0, le=3600)] = 0
    items: Annotated[list[ManifestItem], Meta(max_length=limits.MANIFEST_PAGE)] = []
    pages: Annotated[list[Sha256], Meta(max_length=100)] = []


class Page(Document, frozen=True, tag="page"):
    """Items past the manifest's own, fetched by the hash the manifest names; unsigned."""

    area: AreaId
    items: Annotated[list[ManifestItem], Meta(max_length=1000)]


class Emergencies(Document, frozen=True, tag="emergencies"):
    """What runs now in an area: each item is a whole envelope's text, to be judged on its own."""

    area: AreaId
    version: Version
    iat: Ms
    items: Annotated[list[str], Meta(max_length=8)] = []


class Known(Part, frozen=True):
    version: Version
    sha256: Sha256


class Beacon(Document, frozen=True, tag="beacon"):
    """Signed time answering one nonce."""

    node: NodeId
    nonce: Nonce
    time: Ms
    authority: Known
    root: Known
    manifests: dict[AreaId, Count] = {}
    audit_head: Annotated[str, Meta(max_length=64)] = ""


class Ack(Document, frozen=True, tag="ack"):
    """Every fact 1..upto of this epoch is committed in the district's database."""

    node: NodeId
    epoch: Name
    upto: Count
    iat: Ms


CommandName = Literal["test_tone", "identify", "screenshot", "restart", "resync", "self_test"]


class Command(Document, frozen=True, tag="command"):
    """One use: `boot` and `ticket` are the node's, from its latest status."""

    node: NodeId
    boot: Name
    ticket: Name
    command: CommandName
    iat: Ms
    exp: Ms
    in_quiet_hours: bool = False  # a sound that somebody wants all the same, and said why
