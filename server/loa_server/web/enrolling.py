"""`/enrol` and `/renew`: what the nodes' listener hands over, answered in one thread.

New cards have a slower pace per address than everything else: each is a row that a person looks
at. A card that already waits asks by its key's name, which costs one look.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

from django.db import connection

from loa_server.bucket import Buckets
from loa_server.config import ServerConfig
from loa_server.dispatch.enrolment import Declined, Enrolments, Told, Why
from loa_server.ingest.alarming import raise_alarm
from loa_server.ingest.apply import CLONE
from loa_server.signer.client import SignerClient
from loa_server.web.nodes_asgi import Reply
from loa_wire.enrol import LONGEST

RATE, BURST = 0.5, 60.0
"""Requests of one address: sixty cards at once behind a router, then one every two seconds."""
WAITING: Final = 64
STATUS: Final[dict[Why, int]] = {
    "unreadable": 400,
    "proof": 403,
    "superseded": 403,
    "revoked": 403,
    "unknown": 404,
    "rate": 429,
    "refused": 503,
}
Outcome = Told | Declined

log = logging.getLogger(__name__)


class _Desk:
    """What NodesListener knows as a Desk."""

    longest = LONGEST

    def __init__(self, outer: EnrolmentDesk, ask: Callable[[bytes, str], Outcome], good: int):
        self._outer = outer
        self._ask = ask
        self._good = good
        self._buckets = Buckets(RATE, BURST)

    async def answer(self, body: bytes, address: str) -> Reply:
        if not self._buckets.take(address, time.monotonic()):
            return Reply(429, b"rate\n")
        return await self._outer.run(lambda: self._ask(body, address), self._good)


class EnrolmentDesk:
    """`newcomers` and `renewals` are Desks; it is itself the listener's Inquiry."""

    def __init__(self, enrolments: Enrolments) -> None:
        self._enrolments = enrolments
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="enrolment")
        self._waiting = 0
        self.newcomers = _Desk(self, lambda body, at: enrolments.enrol(body, at, _now()), 202)
        self.renewals = _Desk(self, lambda body, _: enrolments.renew(body, _now()), 200)

    async def look(self, keyhash: str) -> Reply:
        return await self.run(lambda: self._enrolments.look(keyhash, _now()), 200)

    async def run(self, ask: Callable[[], Outcome], good: int) -> Reply:
        if self._waiting >= WAITING:
            return Reply(503, b"too many are asking\n")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, _answered, ask, good)
        finally:
            self._waiting -= 1


def _answered(ask: Callable[[], Outcome], good: int) -> Reply:
    try:
        outcome = ask()
        if isinstance(outcome, Told) and outcome.twins and outcome.node:
            raise_alarm(outcome.node, CLONE, f"boards {outcome.twins}", _now())
    except Exception:
        log.exception("a card's request is not answered")
        connection.close()  # this thread's; the next request opens another
        return Reply(503, b"not now\n")
    match outcome:
        case Told(answer):
            return Reply(good, answer.encode(), b"application/json")
        case Declined(why, detail):
            log.info("enrolment: %s: %s", why, detail)
            return Reply(STATUS[why], why.encode() + b"\n")


def enrolment_desk(config: ServerConfig) -> EnrolmentDesk:
    return EnrolmentDesk(Enrolments(config, SignerClient(config.signer_socket)))


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
