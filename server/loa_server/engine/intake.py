"""What nodes say, in batches: taken from the broker, committed, and only then let go of there.

The broker keeps what is not acknowledged, so a death between commit and acknowledgement brings
the same messages again, and `apply` knows them.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from loa_server.ingest.reports import Arrival
from loa_server.ingest.writer import Taken
from loa_server.link import Broker, Received

MOST: Final = 500
"""Half of what the broker lets be under way: it goes on sending while a batch is written."""
LONGEST_S: Final = 0.8
IDLE_S: Final = 0.05
"""Nobody spoke for so long: a page is waiting, and there is nothing to gain by waiting more."""
WAIT_S: Final = 0.5
RETRY_S: Final = 1.0

log = logging.getLogger(__name__)


class Book(Protocol):
    """`take` returns only once everything is on disk; raises with nothing changed."""

    def take(self, arrivals: Sequence[Arrival], now: int) -> Taken: ...


class Intake:
    """`acks` is told, after the commit, what each node may forget."""

    def __init__(
        self,
        broker: Broker,
        book: Book,
        acks: Callable[[dict[str, tuple[str, int]]], None],
        clock: Callable[[], int],
    ) -> None:
        self._broker = broker
        self._book = book
        self._acks = acks
        self._clock = clock
        self._unwritten: list[Received] = []

    def work_once(self) -> bool:
        """False when nobody said anything for half a second."""
        batch = self._unwritten or self._batch()
        if not batch:
            return False
        try:
            self._take(batch)
            self._unwritten = []
        except sqlite3.OperationalError:
            # locked, or the disk is full: the messages stay with the broker until it passes
            log.exception("what the nodes say cannot be written; it is tried again")
            self._unwritten = batch
            time.sleep(RETRY_S)
        return True

    def _batch(self) -> list[Received]:
        first = self._broker.receive(WAIT_S)
        if first is None:
            return []
        batch, ends = [first], time.monotonic() + LONGEST_S
        while len(batch) < MOST and (left := ends - time.monotonic()) > 0:
            following = self._broker.receive(min(IDLE_S, left))
            if following is None:
                break
            batch.append(following)
        return batch

    def _take(self, batch: Sequence[Received]) -> None:
        arrivals = [Arrival(m.topic, m.payload, m.retained) for m in batch]
        try:
            taken = self._book.take(arrivals, self._clock())
        except sqlite3.OperationalError:
            raise
        except Exception:
            log.exception("%d messages cannot be taken in together", len(batch))
            self._one_by_one(batch)
            return
        self._broker.done([m.receipt for m in batch if m.receipt is not None])
        self._acks(taken.acks)
        for what, count in taken.ignored.items():
            log.info("%d messages passed over: %s", count, what)

    def _one_by_one(self, batch: Sequence[Received]) -> None:
        """One message that breaks the ingest must not stop all others for ever."""
        if len(batch) > 1:
            for message in batch:
                self._take([message])
            return
        log.error("set aside: a message on %s", batch[0].topic)
        self._broker.done([m.receipt for m in batch if m.receipt is not None])
