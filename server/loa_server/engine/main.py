"""`loa-server engine`: publish what was approved, take in what nodes report, keep house."""

from __future__ import annotations

import signal

import django

from loa_server.config import ServerConfig


def run(config: ServerConfig) -> int:
    """Until SIGTERM or Ctrl-C: 0. With 1 when it must be started anew."""
    django.setup()
    from loa_server.engine.engine import Engine  # noqa: PLC0415 - models exist only now

    engine = Engine(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: engine.stop())
    return engine.run()
