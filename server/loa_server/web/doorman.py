"""Connections of this process: how many one address may hold and for how long; which are cut.

The HTTP server has no such limit and keeps a connection whose answer was given up until its other
end has read what was already written. Cutting is done on the socket itself: it holds also for
connections that never came as far as a request.

    look(now)    every few seconds: what is over is cut, the youngest first, and what is too old
    cut(peer)    at once: who does not read its answer
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

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
    ourselves: bool = True  # does it hold for this machine too


@dataclass(slots=True)
class Doorman:
    rules: dict[int, Rule]
    _since: dict[tuple[int, Peer], float] = field(default_factory=dict)

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self.look(time.monotonic())

    def look(self, now: float) -> int:
        """How many were cut."""
        sockets = {(port, peer): fd for fd, port, peer in _connections(self.rules)}
        self._since = {key: self._since.get(key, now) for key in sockets}
        over = _over(self._since, self.rules, now)
        for key in over:
            _shut(sockets[key])
        return len(over)

    def cut(self, peer: Peer) -> None:
        for fd, _port, other in _connections(self.rules):
            if other == peer:
                _shut(fd)


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
        with contextlib.suppress(OSError):  # closed meanwhile, or it listens
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
            with socket.socket(fileno=os.dup(fd)) as ours:
                if ours.family in (socket.AF_INET, socket.AF_INET6):
                    port, peer = ours.getsockname()[1], ours.getpeername()
                    if port in rules:
                        yield fd, port, (_plain(peer[0]), peer[1])


def _plain(address: str) -> str:
    return address.removeprefix("::ffff:")


def _shut(fd: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as ours:
        # nothing that waits to be sent is kept: its reader does not read
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        ours.shutdown(socket.SHUT_RDWR)
