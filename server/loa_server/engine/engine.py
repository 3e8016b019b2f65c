"""The engine's composition, and its two threads.

This one publishes, signs acknowledgements and keeps house; the other takes in reports. A third,
inside the broker module, only moves messages. A thread that died or hangs ends the program: the
supervisor starts all of it anew, and every step knows from the database where it was.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from django.db import close_old_connections

from loa_server import notify
from loa_server.broker import PahoBroker, client_context
from loa_server.config import ServerConfig
from loa_server.dispatch.public import public_files
from loa_server.dispatch.services import Desk
from loa_server.engine.acks import PendingAcks, Upto
from loa_server.engine.intake import Intake
from loa_server.engine.jobs import Jobs
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
        self._jobs = Jobs()
        self._stopping = threading.Event()
        self._intake = threading.Thread(target=self._take_in, name="intake", daemon=True)
        self._intake_alive_at = time.monotonic()

    def run(self) -> int:
        self._shelf.put(public_files(self._config, now_ms()))
        self._wake.open()
        self._broker.start()
        self._intake.start()
        notify.ready()
        log.info("ready")
        try:
            return self._publish()
        finally:
            self._stopping.set()
            self._intake.join(timeout=10)
            self._broker.stop()
            self._wake.close()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.now()

    def _publish(self) -> int:
        while not self._stopping.is_set():
            if not self._intake_is_well():
                log.error("the intake does not work any more; starting anew")
                return 1
            notify.alive()
            if not self._work() and self._wake.wait(SLEEP_S):
                self._publisher.hinted()
        return 0

    def _work(self) -> bool:
        try:
            return self._publisher.work_once(now_ms()) or self._jobs.work_once(now_ms())
        except Exception:
            log.exception("the publisher goes on after a trouble")
            close_old_connections()
            self._stopping.wait(TROUBLE_S)
            return False

    def _take_in(self) -> None:
        writer = Writer(self._database)  # here: a connection belongs to its thread
        intake = Intake(self._broker, writer, self._committed, now_ms)
        while not self._stopping.is_set():
            intake.work_once()
            self._intake_alive_at = time.monotonic()
        writer.close()

    def _committed(self, acks: dict[str, Upto]) -> None:
        self._acks.add(acks)
        self._wake.now()

    def _intake_is_well(self) -> bool:
        return self._intake.is_alive() and time.monotonic() - self._intake_alive_at < HANGS_S
