"""A bad line between a node and the district: bytes pass, until the line is cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class BadLine:
    """Forwards to `target`; `cut_after` bytes from there the connection is reset, `cuts` times.

    TLS passes through untouched: the node still checks the district's certificate.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.cut_after = 0
        self.cuts = 0
        self.done: list[int] = []  # bytes that came through before each cut
        self.passed: list[int] = []  # bytes that came through each connection
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        up = threading.Thread(target=self._pump, args=(near, far), daemon=True)
        up.start()
        self._down(far, near)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        _close(sink)

    def _down(self, far: socket.socket, near: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := far.recv(4096):
                near.sendall(data)
                passed += len(data)
                if self._is_cut(passed):
                    break
        self.passed.append(passed)
        _close(near)
        _close(far)

    def _is_cut(self, passed: int) -> bool:
        with self._lock:
            if not self.cuts or passed < self.cut_after:
                return False
            self.cuts -= 1
            self.done.append(passed)
            return True

    def close(self) -> None:
        _close(self._listener)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
