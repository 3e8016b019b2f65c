"""A Unix socket with JSON lines behind it, and how to ask there.

Who may ask is said by the kernel (SO_PEERCRED). One thread answers: a signature takes less than a
millisecond, and one decision at a time is one to trust.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pwd
import selectors
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loa_server import notify

log = logging.getLogger("loa.door")

LONGEST_LINE = 256 * 1024
TICK_S = 10.0
PATIENCE_S = 10.0


def allowed_uids(client_user: str) -> frozenset[int]:
    extra = {pwd.getpwnam(client_user).pw_uid} if client_user else set()
    return frozenset({os.getuid(), *extra})


class Server:
    """JSON lines over a Unix stream socket, several clients, one thread."""

    def __init__(self, path: Path, uids: frozenset[int], answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._uids = uids
        self._path = path
        self._pending: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._door = _listen(path)
        self._stopping = False

    def serve(self) -> None:
        self._selector.register(self._door, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        while not self._stopping:
            for ready, _ in self._selector.select(TICK_S):
                self._step(ready.fileobj)
            notify.alive()
        for client in list(self._pending):
            self._drop(client)
        self._door.close()
        self._path.unlink(missing_ok=True)

    def stop(self) -> None:
        """Safe in a signal handler."""
        self._stopping = True
        self._wake.send(b"!")

    def _step(self, ready: object) -> None:
        if ready is self._door:
            self._welcome(self._door.accept()[0])
        elif isinstance(ready, socket.socket) and ready in self._pending:
            try:
                self._hear(ready)
            except OSError:
                self._drop(ready)
            except Exception:
                # its client is told nothing and asks again; everybody else is served
                log.exception("a line that ended its answer")
                self._drop(ready)

    def _welcome(self, client: socket.socket) -> None:
        _, uid, _ = struct.unpack(
            "3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        )
        if uid not in self._uids:
            log.warning("user %d may not ask for signatures", uid)
            client.close()
            return
        client.settimeout(TICK_S)  # a client that never reads must not stop the others for good
        self._pending[client] = b""
        self._selector.register(client, selectors.EVENT_READ)

    def _hear(self, client: socket.socket) -> None:
        data = client.recv(65536)
        *lines, rest = (self._pending[client] + data).split(b"\n")
        if not data or len(rest) > LONGEST_LINE:
            self._drop(client)
            return
        self._pending[client] = rest
        for line in lines:
            client.sendall(self._answer(line))

    def _drop(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        del self._pending[client]
        client.close()


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)  # the group's, as the unit says; the peer's uid decides anyway
    try:
        door.bind(str(path))
    finally:
        os.umask(before)
    door.listen(16)
    return door


class Caller:
    """One connection, made again when the other side was restarted. Not for several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._link: socket.socket | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Raises OSError and ValueError. After a cut line it is asked once more."""
        line = json.dumps(request).encode() + b"\n"
        try:
            if self._link is not None:
                try:
                    return self._exchange(self._link, line)
                except OSError:
                    self.close()  # restarted since
            self._link = self._dial()
            return self._exchange(self._link, line)
        except (OSError, ValueError):
            self.close()
            raise

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _dial(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(PATIENCE_S)
        try:
            link.connect(str(self._path))
        except OSError:
            link.close()
            raise
        return link

    @staticmethod
    def _exchange(link: socket.socket, line: bytes) -> dict[str, Any]:
        link.sendall(line)
        held = b""
        while not held.endswith(b"\n"):
            data = link.recv(65536)
            if not data:
                raise ConnectionResetError("closed before it answered")
            held += data
        answer: dict[str, Any] = json.loads(held)
        return answer
