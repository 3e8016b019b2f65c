"""The engine's composition, and its three threads.

This one publishes, signs acknowledgements and keeps house; one takes in reports; one answers who
asks for the time. Another, inside the broker module, only moves messages. A thread that died or
hangs ends the program: the supervisor starts all of it anew, and every step knows from the
database where it was.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from django.db import close_old_connections

from loa_server import notify
from loa_server.broker import PahoBroker, client_context
from loa_server.config import ServerConfig
from loa_server.dispatch.beacons import Beacons
from loa_server.dispatch.public import public_files
from loa_server.dispatch.services import Desk
from loa_server.engine.acks import PendingAcks, Upto
from loa_server.engine.answering import Answering
from loa_server.engine.doorkeeper import Doorkeeper
from loa_server.engine.intake import Intake
from loa_server.engine.jobs import ALWAYS, Jobs
from loa_server.engine.pruning import PublicPruning
from loa_server.engine.publisher import Publisher
from loa_server.engine.shelf import PublicShelf
from loa_server.engine.wake import Wake
from loa_server.ingest.writer import Writer
from loa_server.signer.client import SignerClient

SLEEP_S: Final = 1.0
TROUBLE_S: Final = 1.0
HANGS_S: Final = 60.0

log = logging.getLogger(__name__)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Engine:
    """Built top to bottom, stopped in reverse."""

    def __init__(self, config: ServerConfig) -> None:
        pki = config.pki_dir
        context = client_context(pki / "ca.crt", pki / "engine.crt", pki / "engine.key")
        signer = SignerClient(config.signer_socket)
        self._config = config
        self._database = config.database
        self._wake = Wake(config.engine_socket)
        self._broker = PahoBroker((config.broker.host, config.broker.port), context, self._wake.now)
        self._acks = PendingAcks()
        self._shelf = PublicShelf(config.public_dir, config.private_dir)
        desk = Desk(config, signer)
        self._publisher = Publisher(desk, signer, self._broker, self._shelf, self._acks)
        self._jobs = Jobs((*ALWAYS, PublicPruning(config, self._shelf)))
        self._door = Doorkeeper(config.broker)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("intake", self._take_in), ("answering", self._tell_the_time))
        ]
        self._alive_at = {thread.name: time.monotonic() for thread in self._threads}

    def run(self) -> int:
        self._shelf.put(public_files(self._config, now_ms()))
        self._wake.open()
        self._broker.start()
        for thread in self._threads:
            thread.start()
        notify.ready()
        log.info("ready")
        try:
            return self._publish()
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join(timeout=10)
            self._broker.stop()
            self._wake.close()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.now()

    def _publish(self) -> int:
        while not self._stopping.is_set():
            if unwell := [thread.name for thread in self._threads if not self._is_well(thread)]:
                log.error("%s: works no more; starting anew", unwell[0])
                return 1
            notify.alive()
            if not self._work() and self._wake.wait(SLEEP_S):
                self._publisher.hinted()
        return 0

    def _work(self) -> bool:
        try:
            now = datetime.now(UTC)
            if self._door.work_once(now, time.monotonic_ns() // 1_000_000):
                return True
            return self._publisher.work_once(now_ms()) or self._jobs.work_once(now_ms())
        except Exception:
            log.exception("the publisher goes on after a trouble")
            close_old_connections()
            self._stopping.wait(TROUBLE_S)
            return False

    def _take_in(self) -> None:
        writer = Writer(self._database)  # here: a connection belongs to its thread
        self._go_on("intake", Intake(self._broker, writer, self._committed, now_ms).work_once)
        writer.close()

    def _tell_the_time(self) -> None:
        beacons = Beacons(SignerClient(self._config.signer_socket), now_ms)
        answering = Answering(self._broker, beacons)

        def work_once() -> None:
            try:
                answering.work_once()
            except Exception:
                log.exception("a question for the time is not answered")
                close_old_connections()
                self._stopping.wait(TROUBLE_S)

        self._go_on("answering", work_once)

    def _go_on(self, name: str, work_once: Callable[[], object]) -> None:
        while not self._stopping.is_set():
            work_once()
            self._alive_at[name] = time.monotonic()

    def _committed(self, acks: dict[str, Upto]) -> None:
        self._acks.add(acks)
        self._wake.now()

    def _is_well(self, thread: threading.Thread) -> bool:
        return thread.is_alive() and time.monotonic() - self._alive_at[thread.name] < HANGS_S
