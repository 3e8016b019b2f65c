"""Step 9 of 10. What the district must hear: facts after the last acknowledged one, and readings.

Pure. Facts go out in order, are repeated until their ack comes, and are never dropped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loa_node.facts import Entry
from loa_wire.up import Status

MOST_FACTS: Final = 500
MOST_BYTES: Final = 60 * 1024
"""Below the packet limit of 64 KiB, with room for the message around the facts."""
RESEND_MS: Final = 20_000
PUBLISH_AHEAD: Final = 2_000
"""Facts sent and not yet acknowledged at most: a district that cannot keep up is not flooded."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How far facts were sent in this connection, and when something was last heard of them."""

    upto: int
    at: int  # monotonic ms


def to_send(sent: Sent | None, acked: int, last: int, mono: int) -> int | None:
    """Send the facts after this seq, or None for nothing now. `sent` is None after a connect."""
    if acked >= last:
        return None
    if sent is None:
        return acked
    if mono - sent.at >= RESEND_MS and sent.upto > acked:
        return acked
    if sent.upto < last and sent.upto - acked < PUBLISH_AHEAD:
        return max(sent.upto, acked)
    return None


def after_ack(sent: Sent | None, acked: int, mono: int) -> Sent | None:
    """An ack that went down (a restored district) is answered by sending again from there."""
    if sent is None:
        return None
    if acked >= sent.upto:
        return Sent(acked, mono)
    return Sent(sent.upto, mono)


def batches(entries: Sequence[Entry], node: str, epoch: str) -> list[bytes]:
    """Journal messages of at most 500 facts and 64 KiB each, facts byte for byte as stored."""
    made: list[bytes] = []
    pending: list[bytes] = []
    size = 0
    for entry in entries:
        if pending and (len(pending) >= MOST_FACTS or size + len(entry.data) >= MOST_BYTES):
            made.append(_message(pending, node, epoch))
            pending, size = [], 0
        pending.append(entry.data)
        size += len(entry.data) + 1
    if pending:
        made.append(_message(pending, node, epoch))
    return made


def _message(facts: list[bytes], node: str, epoch: str) -> bytes:
    # joined, not encoded again: the same seq with other bytes would look like a clone
    return b'{"typ":"journal","v":1,"node":"%s","epoch":"%s","facts":[%s]}' % (
        node.encode(),
        epoch.encode(),
        b",".join(facts),
    )


@dataclass(frozen=True, slots=True)
class Presence:
    """Who this node is in this connection; a lower (boots, connects) is older news."""

    node: str
    boots: int
    connects: int
    boot: str
    ticket: str
    software: str


def status(presence: Presence, *, online: bool) -> bytes:
    return Status(
        node=presence.node,
        online=online,
        boots=presence.boots,
        connects=presence.connects,
        boot=presence.boot,
        ticket=presence.ticket,
        software=presence.software,
    ).encode()
