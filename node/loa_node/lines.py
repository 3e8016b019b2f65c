"""JSON lines over a pathname Unix socket: how the agent speaks to the player and the screen.

Pathname sockets, never abstract ones: those do not cross a private network namespace.
One line is one message, at most LONGEST bytes. A peer that sends rubbish or a longer line is
dropped, never the program that listens: sound does not depend on who is at the other end.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import struct
from pathlib import Path
from typing import Any

LONGEST = 256 * 1024
Message = dict[str, Any]


class Wire:
    """One connected, non-blocking stream of messages. `closed` turns true when the peer is gone."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._in = bytearray()
        self.closed = False
        sock.settimeout(0)

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, message: Message) -> bool:
        """False, and closed, when the peer no longer reads."""
        if self.closed:
            return False
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            self._sock.settimeout(2)
            self._sock.sendall(line)
            self._sock.settimeout(0)
        except OSError:
            self.close()
            return False
        return True

    def receive(self) -> list[Message]:
        """Whole messages that have arrived; never blocks."""
        self._fill()
        messages: list[Message] = []
        while (end := self._in.find(b"\n")) >= 0:
            line, self._in = bytes(self._in[:end]), self._in[end + 1 :]
            message = _message(line)
            if message is None:
                self.close()
                break
            messages.append(message)
        if len(self._in) > LONGEST:
            self.close()
        return messages

    def _fill(self) -> None:
        while not self.closed and len(self._in) <= LONGEST:
            try:
                chunk = self._sock.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                chunk = b""
            if not chunk:
                self.close()
            self._in += chunk

    def close(self) -> None:
        self.closed = True
        self._sock.close()


def _message(line: bytes) -> Message | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def peer_uid(sock: socket.socket) -> int:
    size = struct.calcsize("3i")
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", credentials)[1])


class Listener:
    """The player's and the screen's end: one agent at a time, a new one replaces the old.

    `uids` are the users who may connect (the agent's; own uid and root always may).
    """

    def __init__(self, path: Path, uids: frozenset[int] = frozenset()) -> None:
        self._allowed = uids | {0, os.getuid()}
        self._wire: Wire | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.bind(str(path))
        path.chmod(0o660)
        self._sock.listen(4)
        self._sock.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._sock, selectors.EVENT_READ)
        self.fresh = False  # an agent has connected since last asked: it wants a hello

    def poll(self, timeout_s: float) -> list[Message]:
        """Waits up to timeout_s for something to happen, then returns what has arrived."""
        self._selector.select(timeout_s)
        self._accept()
        if self._wire is None:
            return []
        messages = self._wire.receive()
        if self._wire.closed:
            self._forget()
        return messages

    def send(self, message: Message) -> bool:
        if self._wire is None:
            return False
        fd = self._wire.fileno()
        if self._wire.send(message):
            return True
        self._forget(fd)
        return False

    def _accept(self) -> None:
        try:
            sock, _ = self._sock.accept()
        except OSError:
            return
        if peer_uid(sock) not in self._allowed:
            sock.close()
            return
        if self._wire is not None:
            fd = self._wire.fileno()
            self._wire.close()
            self._forget(fd)
        self._wire = Wire(sock)
        self._selector.register(sock, selectors.EVENT_READ)
        self.fresh = True

    def _forget(self, fd: int | None = None) -> None:
        self._wire = None
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not self._sock and (fd is None or key.fd == fd):
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(key.fileobj)

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._selector.close()
        self._sock.close()


def dial(path: Path) -> Wire | None:
    """The agent's end; None while nobody listens there, or somebody who has hung."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(0)  # a full queue of one that hangs must not hold the agent up
    try:
        sock.connect(str(path))
    except OSError:
        sock.close()
        return None
    return Wire(sock)
