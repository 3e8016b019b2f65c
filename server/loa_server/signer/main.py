"""The signer's process: one Unix socket, a line in, a line out. No network, no write access.

One thread: a signature takes less than a millisecond, and one decision at a time is one to trust.
Only the signer's own user and `signer.client_user` are heard (SO_PEERCRED).
"""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
import selectors
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import django

from loa_server import notify
from loa_server.config import ServerConfig

log = logging.getLogger("loa.signer")

LONGEST_LINE = 256 * 1024
TICK_S = 10.0


def run(config: ServerConfig) -> int:
    django.setup()
    from django.db import connection  # noqa: PLC0415  # settings are ready only now

    from loa_server.signer import keystore  # noqa: PLC0415
    from loa_server.signer.desk import Desk  # noqa: PLC0415

    try:
        keys = keystore.load(config.keys_dir)
        uids = allowed_uids(config.signer.client_user)
    except (keystore.KeystoreError, KeyError) as e:
        log.error("%s", e)  # noqa: TRY400  # the sentence says it all
        return 2
    desk = Desk(keys)

    def answer(line: bytes) -> bytes:
        try:
            return desk.answer(line)
        finally:
            connection.close()  # no lock and no old view of the database between requests

    server = Server(config.signer_socket, uids, answer)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    log.info("%d keys, listening on %s", len(keys), config.signer_socket)
    notify.ready()
    server.serve()
    return 0


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
