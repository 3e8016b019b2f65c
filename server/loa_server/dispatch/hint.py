"""Wake the engine: one datagram to run/engine.sock. Losing it costs a second, never a message."""

from __future__ import annotations

import socket

from loa_server.config import from_environment


def hint() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.setblocking(False)  # noqa: FBT003
        try:
            link.sendto(b"!", str(from_environment().engine_socket))
        except OSError:
            return  # no engine, or it is busy: it looks at the outbox by itself
