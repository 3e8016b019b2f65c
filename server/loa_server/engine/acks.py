"""Signed, cumulative acknowledgements: what a node's journal may forget. The latest per node."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from loa_server.dispatch.signing import Signer, SigningError
from loa_wire import topics
from loa_wire.down import Ack

log = logging.getLogger(__name__)

Upto = tuple[str, int]  # epoch, facts 1..n


class PendingAcks:
    """Filled by the intake's thread, emptied by the publisher's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, Upto] = {}

    def add(self, acks: Mapping[str, Upto]) -> None:
        with self._lock:
            for node, upto in acks.items():
                self._pending.pop(node, None)  # to the end: who spoke first is answered first
                self._pending[node] = upto

    def take(self, most: int) -> dict[str, Upto]:
        with self._lock:
            return {node: self._pending.pop(node) for node in list(self._pending)[:most]}

    def put_back(self, acks: Mapping[str, Upto]) -> None:
        """Not sent; unless there is newer by now."""
        with self._lock:
            for node, upto in acks.items():
                self._pending.setdefault(node, upto)

    def __bool__(self) -> bool:
        return bool(self._pending)


def signed(acks: Mapping[str, Upto], signer: Signer, now: int) -> dict[str, bytes]:
    """Topic -> envelope. Raises SigningError where the signer is away; what it refuses is left
    out (a node revoked a moment ago), or it would hold back everybody's for ever."""
    envelopes: dict[str, bytes] = {}
    for node, (epoch, upto) in acks.items():
        ack = Ack(node=node, epoch=epoch, upto=upto, iat=now).encode()
        try:
            envelopes[topics.down(node, "ack")] = signer.document("ack", ack)
        except SigningError as e:
            if e.code == "no_signer":
                raise
            log.warning("%s is not acknowledged: %s", node, e)
    return envelopes
