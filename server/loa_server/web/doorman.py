"""Connections of this process: how many one address may hold and for how long; which are cut.

The HTTP server has no such limit and keeps a connection whose answer was given up until its other
end has read what was already written. Cutting is done on the socket itself: it holds also for
connections that never came as far as a request.

    look(now)    every few seconds: what is over is cut, the youngest first, what is too old or idle
    cut(peer)    who does not read its answer
    visit(peer)  while it is answered, it is not idle
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from loa_server.addresses import household

Peer = tuple[str, int]

LOOK_S: Final = 2.0
LONGEST_S: Final = 900.0
"""A node on a bad line fetches 8 MB in that time at 9 kB/s; it resumes where it was cut."""
OURSELVES: Final = ("127.0.0.1", "::1")
"""A proxy on this machine speaks for everybody."""


@dataclass(frozen=True, slots=True)
class Rule:
    """For one port of ours."""

    of_one: int
    longest_s: float | None = LONGEST_S
    idle_s: float | None = None  # with nothing asked, where the HTTP server itself waits for ever
    ourselves: bool = True  # does it hold for this machine too


@dataclass(slots=True)
class Visit:
    """What one connection has asked so far."""

    open: int = 0
    last: float = 0.0


@dataclass(slots=True)
class Doorman:
    rules: dict[int, Rule]
    _since: dict[tuple[int, Peer], float] = field(default_factory=dict)
    _visits: dict[Peer, Visit] = field(default_factory=dict)
    _unread: set[Peer] = field(default_factory=set)

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self.look(time.monotonic())

    @contextlib.contextmanager
    def visit(self, peer: Peer) -> Iterator[None]:
        """While something is answered there."""
        visit = self._visits.setdefault(peer, Visit())
        visit.open += 1
        try:
            yield
        finally:
            visit.open -= 1
            visit.last = time.monotonic()

    def cut(self, peer: Peer) -> None:
        """At the next look: each goes through all that this process has open."""
        self._unread.add(peer)

    def look(self, now: float) -> int:
        """How many were cut."""
        sockets = {(port, peer): fd for fd, port, peer in _connections(self.rules)}
        self._since = {key: self._since.get(key, now) for key in sockets}
        here = {peer for _port, peer in sockets}
        self._visits = {p: v for p, v in self._visits.items() if v.open or p in here}
        over = {key for key in sockets if key[1] in self._unread}
        over.update(_over(self._since, self.rules, now), self._idle(now))
        self._unread.clear()
        for key in over:
            _shut(sockets[key])
        return len(over)

    def _idle(self, now: float) -> Iterator[tuple[int, Peer]]:
        for (port, peer), since in self._since.items():
            longest, visit = self.rules[port].idle_s, self._visits.get(peer, _NONE)
            if longest is None or visit.open or self._exempt(port, peer):
                continue
            if now - max(since, visit.last) > longest:
                yield port, peer

    def _exempt(self, port: int, peer: Peer) -> bool:
        return peer[0] in OURSELVES and not self.rules[port].ourselves


_NONE: Final = Visit()


def _over(
    since: dict[tuple[int, Peer], float], rules: dict[int, Rule], now: float
) -> list[tuple[int, Peer]]:
    held: dict[tuple[int, str], int] = defaultdict(int)
    over = []
    for key in sorted(since, key=lambda one: since[one]):
        port, (address, _) = key
        rule = rules[port]
        if address in OURSELVES and not rule.ourselves:
            continue
        too_old = rule.longest_s is not None and now - since[key] > rule.longest_s
        held[port, household(address)] += 1
        if too_old or held[port, household(address)] > rule.of_one:
            over.append(key)
    return over


def _connections(rules: dict[int, Rule]) -> Iterator[tuple[int, int, Peer]]:
    """(descriptor, port of ours, peer): the HTTP server is in this process, so are its sockets."""
    for entry in Path("/proc/self/fd").iterdir():
        fd = int(entry.name)
        with contextlib.suppress(OSError):  # closed meanwhile, it listens, or is no socket
            own, peer = _ends(fd)
            if isinstance(own, tuple) and own[1] in rules:
                yield fd, own[1], (_plain(peer[0]), peer[1])


def _ends(fd: int) -> tuple[Any, Any]:
    """Names the kind of socket, so that the kernel is asked for no more than these two."""
    lent = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=fd)
    try:
        return lent.getsockname(), lent.getpeername()
    finally:
        lent.detach()  # the HTTP server's, before and after


def _plain(address: str) -> str:
    return address.removeprefix("::ffff:")


def _shut(fd: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as ours:
        # nothing that waits to be sent is kept: its reader does not read
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        ours.shutdown(socket.SHUT_RDWR)
