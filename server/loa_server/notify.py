"""Tell systemd that this program is ready and alive; silent where nobody asked.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html: one datagram per message.
"""

from __future__ import annotations

import os
import socket


def ready() -> None:
    _say(b"READY=1")


def alive() -> None:
    _say(b"WATCHDOG=1")


def _say(message: bytes) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        try:
            link.sendto(message, address)
        except OSError:
            return  # a supervisor that is gone needs no answer
