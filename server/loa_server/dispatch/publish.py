"""Step 3 of 10. (approved bulletin, areas) -> what goes out, on which topics. Pure.

A manifest is an index per area, never authority. Its version is made by the caller, in the
transaction that changes its items, so that it can only rise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from loa_wire import topics
from loa_wire.bulletin import Bulletin
from loa_wire.down import Emergencies, Manifest, ManifestItem, Page
from loa_wire.dsse import Signature, open_envelope, seal
from loa_wire.limits import BULLETIN_ENVELOPE, MANIFEST_PAGE
from loa_wire.place import Settings
from loa_wire.schedule import occurrences, plays_each
from loa_wire.trusted import Pointer

SMALL_FLEET = 200
RECONNECTS_PER_SECOND = 160
EMERGENCIES_MOST = 8
EMERGENCIES_ROOM = 16 * 1024
"""Bytes of envelopes that, escaped and in base 64 again, stay within one message's 24 KiB."""


@dataclass(frozen=True, slots=True)
class Post:
    """One message for the broker."""

    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds over which reconnects (`w`) and fetches of a new manifest spread."""

    w: int
    fetch: int


@dataclass(frozen=True, slots=True)
class Index:
    """A manifest ready to be signed, and the pages that what it cannot hold goes to."""

    manifest: Manifest
    pages: tuple[tuple[str, bytes], ...]  # sha256, bytes


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def spread(nodes: int, w: int, fetch: int) -> Spread:
    """`w` 0 and `fetch` -1 mean: from the size of the fleet, so that a restart is no stampede."""
    small = nodes < SMALL_FLEET
    by_size = 30 if small else max(30, nodes // RECONNECTS_PER_SECOND)
    return Spread(w or by_size, fetch if fetch >= 0 else 0 if small else by_size)


def index(area: str, version: int, items: Sequence[ManifestItem], now: int, wide: Spread) -> Index:
    """Newest expiry first in the manifest itself; past 60 items the rest goes to pages."""
    current = sorted((i for i in items if i.exp > now), key=lambda i: (-i.exp, i.id))
    pages = tuple(
        (sha256(body), body)
        for body in (
            Page(area=area, items=list(current[n : n + MANIFEST_PAGE])).encode()
            for n in range(MANIFEST_PAGE, len(current), MANIFEST_PAGE)
        )
    )
    manifest = Manifest(
        area=area,
        version=version,
        iat=now,
        w=wide.w,
        fetch_spread=wide.fetch,
        items=list(current[:MANIFEST_PAGE]),
        pages=[name for name, _ in pages],
    )
    return Index(manifest, pages)


def bulletin_posts(areas: Iterable[str], envelope: bytes) -> list[Post]:
    """The fast path: live to every area it goes to; who missed it finds it in the manifest."""
    return [Post(topics.area(a, "bulletin"), envelope, retain=False) for a in areas]


def running(area: str, version: int, envelopes: Sequence[bytes], now: int) -> Emergencies:
    """As many as one message holds, in the order given: what ends comes first, then the newest.

    What does not fit stands in the manifest all the same.
    """
    items: list[str] = []
    room = EMERGENCIES_ROOM
    for envelope in envelopes[:EMERGENCIES_MOST]:
        if len(envelope) <= room:
            items.append(envelope.decode())
            room -= len(envelope)
    return Emergencies(area=area, version=version, iat=now, items=items)


def emergencies_post(area: str, envelope: bytes) -> Post:
    return Post(topics.area(area, "emergency"), envelope, retain=True)


def with_signature(envelope: bytes, second: Signature) -> bytes:
    """Both signatures of an emergency under the same bytes."""
    one = open_envelope(envelope, BULLETIN_ENVELOPE)
    return seal(one.payload_type, one.payload, [*one.signatures, second])


def manifest_post(area: str, envelope: bytes) -> Post:
    return Post(topics.area(area, "manifest"), envelope, retain=True)


def pointer_post(topic: str, version: int, document: bytes) -> Post:
    """root and register are too large for MQTT: what is retained says that they exist."""
    body = msgspec.json.encode(Pointer(version=version, sha256=sha256(document)))
    return Post(topic, body, retain=True)


def reached(areas: Iterable[str], nodes: Iterable[tuple[str, str]]) -> list[str]:
    """Ids of the nodes that stand in or under one of these; `nodes` are (id, area path)."""
    aimed = set(areas)
    return [node for node, path in nodes if aimed & set(path.strip("/").split("/"))]


def planned(bulletin: Bulletin, slots: int) -> int:
    """How many plays the ledger expects of each node (m in "n of m"); at least one."""
    schedule = bulletin.schedule
    if schedule is None:
        return 1
    match schedule.mode:
        case "now":
            return plays_each(schedule)
        case "slots":
            return min(schedule.plays, max(1, slots))
        case "at":
            return max(1, _calendar_plays(bulletin))


def _calendar_plays(bulletin: Bulletin) -> int:
    assert bulletin.schedule is not None  # noqa: S101 - planned has looked
    nobody = Settings(node="any", version=1, iat=0)
    return len(occurrences(bulletin.schedule, nobody, bulletin.nbf, bulletin.exp))
