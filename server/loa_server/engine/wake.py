"""What ends the engine's sleep: a page's hint, a word from the broker, a batch taken in, time."""

from __future__ import annotations

import contextlib
import select
import socket
from pathlib import Path


class Wake:
    """`path` is the socket for hints; anyone in this process calls `now`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hints = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._near, self._far = socket.socketpair()
        for end in (self._near, self._far):
            end.setblocking(False)  # noqa: FBT003 - the socket module's own

    def open(self) -> None:
        """From now on pages find it; its being there also says that the engine runs."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)  # a killed engine leaves its socket behind
        self._hints.bind(str(self._path))
        self._path.chmod(0o660)

    def now(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full of wakes: it will wake
            self._far.send(b"!")

    def wait(self, seconds: float) -> bool:
        """True if a page said that something is in the outbox."""
        select.select([self._near, self._hints], [], [], seconds)
        _drain(self._near)
        return _drain(self._hints)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        for end in (self._hints, self._near, self._far):
            end.close()


def _drain(end: socket.socket) -> bool:
    found = False
    with contextlib.suppress(BlockingIOError):
        while end.recv(4096):
            found = True
    return found
