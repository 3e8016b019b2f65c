"""An HTTP server in this process's event loop, with what its sockets may hold and for how long."""

from __future__ import annotations

import os
import socket
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined]
from granian.server.embed import Server

BACKLOG: Final = 1024
BUFFER: Final = 128 * 1024
"""Of the kernel for one connection (counted twice), not up to 4 MB: 10 Mbit/s at 100 ms."""
WRITER: Final = 64 * 1024
"""Of the HTTP server for one connection, also the longest head of a request."""
UNREAD_MS: Final = 60_000
"""As long as nothing of what was sent is taken, the kernel keeps the connection."""
HEAD_MS: Final = 15_000


class Listening(Server):
    """granian's server; every connection has what its listening socket was given."""

    def _init_shared_socket(self) -> None:
        holder: Any = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        with socket.socket(fileno=os.dup(holder.get_fd())) as ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
            ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
        self._shd = holder


def listening(
    target: object, bind: str, port: int, *, only_http1: bool = False, **tls: Any
) -> Listening:
    """`only_http1`: a connection has one answer at a time, and one that asks nothing is closed."""
    return Listening(
        target,
        address=bind or "0.0.0.0",  # noqa: S104  # empty is every address, as server.toml says
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1 if only_http1 else HTTPModes.auto,
        websockets=False,
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_MS, max_buffer_size=WRITER),
        http2_settings=HTTP2Settings(
            max_concurrent_streams=64, max_headers_size=WRITER, max_send_buffer_size=WRITER
        ),
        log_level=LogLevels.error,
        ssl_protocol_min=SSLProtocols.tls12,
        **tls,
    )
