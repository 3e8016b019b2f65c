"""A line on which every byte and every segment is counted, as whoever pays for them does."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Self

HEADERS = 52
"""Of each segment: IPv4 20, TCP 20 and its time stamps 12."""
_SEGMENTS = struct.Struct("<II")
_SEGMENTS_AT = 136  # struct tcp_info, linux/tcp.h: tcpi_segs_out, tcpi_segs_in


@dataclass(frozen=True, slots=True)
class Traffic:
    """`carried` is what TLS gave to TCP, both ways; `wire` with the headers of every segment."""

    carried: int = 0
    segments: int = 0

    @property
    def wire(self) -> int:
        return self.carried + self.segments * HEADERS

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(self.carried - other.carried, self.segments - other.segments)


class CountedLine:
    """Forwards to `target` on this machine; the node's own side of it is what is counted."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._carried = 0
        self._ended = 0  # segments of connections that are gone
        self._live: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def so_far(self) -> Traffic:
        with self._lock:
            return Traffic(self._carried, self._ended + sum(map(_segments, self._live)))

    def close(self) -> None:
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        with self._lock:
            self._live.append(near)
        up = threading.Thread(target=self._pump, args=(near, far), daemon=True)
        up.start()
        self._pump(far, near)
        up.join()
        with self._lock:
            self._live.remove(near)
            self._ended += _segments(near)
        near.close()
        far.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._lock:
                    self._carried += len(data)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def _segments(sock: socket.socket) -> int:
    told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    return sum(_SEGMENTS.unpack_from(told, _SEGMENTS_AT))
