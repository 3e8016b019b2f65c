"""A nudge from a page to the engine: there is something in the outbox.

Only a hint: the engine looks by itself every second, so a lost one costs a second and nothing else.
"""

from __future__ import annotations

import contextlib
import socket

from loa_server.config import ServerConfig


def send_hint(config: ServerConfig) -> None:
    """Call it after the commit. Never waits and never fails."""
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as link,
    ):
        link.sendto(b"!", str(config.engine_socket))
