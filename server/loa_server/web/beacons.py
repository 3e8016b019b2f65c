"""`POST /beacon`: what the nodes' listener hands over, answered in one thread, a few at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from django.db import connection

from loa_server.config import ServerConfig
from loa_server.dispatch.beacons import LONGEST, Answered, Beacons, Declined, Why
from loa_server.signer.client import SignerClient
from loa_server.web.nodes_asgi import Reply

WAITING: Final = 64
"""More are told to come back: a signature takes a millisecond, but a stuck signer 10 s."""
STATUS: Final[dict[Why, int]] = {"unreadable": 400, "unknown": 404, "rate": 429, "signer": 503}

log = logging.getLogger(__name__)


class BeaconDesk:
    """What NodesListener knows as a Desk."""

    longest = LONGEST

    def __init__(self, beacons: Beacons) -> None:
        self._beacons = beacons
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="beacons")
        self._waiting = 0

    async def answer(self, body: bytes, address: str) -> Reply:
        if self._waiting >= WAITING:
            return Reply(503, b"too many are asking\n")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._answer, body, address)
        finally:
            self._waiting -= 1

    def _answer(self, body: bytes, address: str) -> Reply:
        try:
            outcome = self._beacons.answer(body, address=address)
        except Exception:
            log.exception("a question for the time is not answered")
            connection.close()  # this thread's; the next question opens another
            return Reply(503, b"not now\n")
        match outcome:
            case Answered(_, envelope):
                return Reply(200, envelope, b"application/json")
            case Declined(why, detail):
                if why == "signer":
                    log.warning("no beacon: %s", detail)
                return Reply(STATUS[why], why.encode() + b"\n")


def beacon_desk(config: ServerConfig) -> BeaconDesk:
    signer = SignerClient(config.signer_socket)
    return BeaconDesk(Beacons(signer, lambda: time.time_ns() // 1_000_000))
