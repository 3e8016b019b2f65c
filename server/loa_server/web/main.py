"""The web process: the console for people and the HTTPS listener for nodes, in one event loop.

Two listeners, never one: the console may be reached from an office only, the nodes' listener from
everywhere a hamlet is, and its certificate is of the district's private CA.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string
from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from loa_server import notify
from loa_server.config import ServerConfig
from loa_server.web.console_asgi import application
from loa_server.web.nodes_asgi import NodesListener

ALIVE_S = 10


def run(config: ServerConfig) -> int:
    asyncio.run(_serve(config))
    return 0


async def _serve(config: ServerConfig) -> None:
    servers = [_console(config), _nodes(config)]
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    tasks = [loop.create_task(server.serve()) for server in servers]
    pulse = loop.create_task(_pulse())
    ended = loop.create_task(stopping.wait())
    notify.ready()
    await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.stop()  # type: ignore[no-untyped-call]
    for task in (pulse, ended):
        task.cancel()
    # viewers of live pages would hold a graceful stop for ever
    await asyncio.wait(tasks, timeout=3)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pulse() -> None:
    while True:
        notify.alive()
        await asyncio.sleep(ALIVE_S)


def _console(config: ServerConfig) -> Server:
    tls: dict[str, Any] = {}
    if config.console.tls:
        ours = config.pki_dir
        tls["ssl_cert"] = Path(config.console.cert or ours / "console.crt")
        tls["ssl_key"] = Path(config.console.key or ours / "console.key")
    return _server(application(config), config.console.bind, config.console.port, **tls)


def _nodes(config: ServerConfig) -> Server:
    beacon_desk = import_string("loa_server.web.beacons.beacon_desk")  # models: only after setup
    enrolment = import_string("loa_server.web.enrolling.enrolment_desk")(config)
    desks = {
        "/beacon": beacon_desk(config),
        "/enrol": enrolment.newcomers,
        "/renew": enrolment.renewals,
    }
    listener = NodesListener(config.public_dir, desks, enrolment)
    return _server(
        listener,
        config.nodes.bind,
        config.nodes.port,
        ssl_cert=config.pki_dir / "nodes-https.crt",
        ssl_key=config.pki_dir / "nodes-https.key",
    )


def _server(target: object, bind: str, port: int, **tls: Any) -> Server:
    return Server(
        target,
        address=bind or "0.0.0.0",  # noqa: S104  # empty is every address, as server.toml says
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        backlog=1024,
        http1_settings=HTTP1Settings(header_read_timeout=15_000),
        log_level=LogLevels.error,
        ssl_protocol_min=SSLProtocols.tls12,
        **tls,
    )
