"""A node asks what time it is, with a nonce; it is answered with signed time. By MQTT and HTTPS.

Composed from the database at the moment of the question, signed by the signer, which compares
`time` with its own clock. Nothing is kept: a beacon is worth 30 seconds to one node.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from loa_server.areas.scope import ids_of
from loa_server.audit.book import head
from loa_server.bucket import Buckets
from loa_server.dispatch.models import Manifest, Retained
from loa_server.dispatch.signing import Signer, SigningError
from loa_server.fleet.models import Node
from loa_wire import WIRE, topics
from loa_wire.down import Beacon, Known
from loa_wire.trusted import Pointer
from loa_wire.up import Ask

LONGEST: Final = 1024
"""Bytes of one question."""
RATE, BURST = 0.5, 12.0
"""Questions of one node: it asks five times in 18 s, on two ways, and then hourly."""

Why = Literal["unreadable", "unknown", "rate", "signer"]


@dataclass(frozen=True, slots=True)
class Declined:
    why: Why
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    node: str
    envelope: bytes


_ASK: Final = msgspec.json.Decoder(Ask)


class Beacons:
    """One thread's; the other way of asking has its own. `speaker` is whom the broker let in."""

    def __init__(
        self,
        signer: Signer,
        clock: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._signer = signer
        self._clock = clock
        self._monotonic = monotonic
        self._buckets = Buckets(RATE, BURST)

    def answer(
        self, question: bytes, speaker: str | None = None, address: str = ""
    ) -> Answered | Declined:
        """Who asks without a speaker may be anybody: their pace is theirs, at their address."""
        ask = read(question)
        if isinstance(ask, Declined):
            return ask
        if speaker not in (None, ask.node):
            return Declined("unknown", f"{speaker} asks for {ask.node}")
        node = Node.objects.select_related("area").filter(pk=ask.node).first()
        if node is None or node.status != Node.Status.ACTIVE:
            return Declined("unknown", f"no active node {ask.node}")
        if not self._buckets.take(f"{node.id} {address}", self._monotonic()):
            return Declined("rate", node.id)
        try:
            beacon = compose(node, ask.nonce, self._clock())
            return Answered(node.id, self._signer.document("beacon", beacon.encode()))
        except SigningError as e:
            return Declined("signer", str(e))


def read(question: bytes) -> Ask | Declined:
    if len(question) > LONGEST:
        return Declined("unreadable", f"over {LONGEST} bytes")
    try:
        ask = _ASK.decode(question)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        return Declined("unreadable", str(e)[:200])
    return ask if ask.v <= WIRE else Declined("unreadable", f"wire {ask.v}")


def compose(node: Node, nonce: str, now: int) -> Beacon:
    """What is true at `now` (ms). Raises SigningError where no register has been published."""
    areas = ids_of(node.area.path)
    versions = Manifest.objects.filter(area__in=areas).values_list("area_id", "version")
    pointers = {
        row.topic: msgspec.json.decode(bytes(row.payload), type=Pointer)
        for row in Retained.objects.filter(topic__in=_documents(node.unit))
    }
    if len(pointers) != 2:
        raise SigningError("no_register", f"no root or no register of {node.unit} is published")
    root, register = (_known(pointers[topic]) for topic in _documents(node.unit))
    return Beacon(
        node=node.id,
        nonce=nonce,
        time=now,
        authority=register,
        root=root,
        manifests=dict(versions),
        audit_head=head(),
    )


def _documents(unit: str) -> tuple[str, str]:
    return topics.root(), topics.unit_authority(unit)


def _known(pointer: Pointer) -> Known:
    return Known(version=pointer.version, sha256=pointer.sha256)
