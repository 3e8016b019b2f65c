"""The web process: the console for people and the HTTPS listener for nodes, in one event loop.

Two listeners, never one: the console may be reached from an office only, the nodes' listener from
everywhere a hamlet is, and its certificate is of the district's private CA.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
from pathlib import Path
from typing import Any, NoReturn

from django.urls import get_resolver
from django.utils.module_loading import import_string

from loa_server import notify
from loa_server.config import ServerConfig
from loa_server.web.console_asgi import application
from loa_server.web.doorman import Doorman, Rule
from loa_server.web.listening import Listening, listening
from loa_server.web.nodes_asgi import NodesListener

ALIVE_S = 10
NODES_OF_ONE = 128
"""Connections of one address: twice what may be answered at once."""
VIEWERS_OF_ONE = 256
"""An office behind one router: forty people with six connections each."""
IDLE_S = 120.0
"""A browser opens another without a word."""


def run(config: ServerConfig) -> NoReturn:
    asyncio.run(_serve(config))
    logging.shutdown()
    # the HTTP server's own threads may still hold a request: a Python that is taken down under
    # them aborts, and systemd would call that a failure
    os._exit(0)


def settle() -> None:
    """What is loaded by now stays to the end: the collector passes it by, a tenth of a page."""
    _ = get_resolver().url_patterns  # every view, which Django otherwise loads for the first guest
    gc.collect()
    gc.freeze()


async def _serve(config: ServerConfig) -> None:
    doorman = Doorman(
        {
            config.nodes.port: Rule(of_one=NODES_OF_ONE),
            config.console.port: Rule(
                VIEWERS_OF_ONE, longest_s=None, idle_s=IDLE_S, ourselves=False
            ),
        }
    )
    servers = [_console(config, doorman), _nodes(config, doorman)]
    settle()
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    tasks = [loop.create_task(server.serve()) for server in servers]
    watch = [loop.create_task(_pulse()), loop.create_task(doorman.watch())]
    ended = loop.create_task(stopping.wait())
    notify.ready()
    await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.stop()  # type: ignore[no-untyped-call]
    for task in (*watch, ended):
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


def _console(config: ServerConfig, doorman: Doorman) -> Listening:
    tls: dict[str, Any] = {}
    if config.console.tls:
        ours = config.pki_dir
        tls["ssl_cert"] = Path(config.console.cert or ours / "console.crt")
        tls["ssl_key"] = Path(config.console.key or ours / "console.key")
    return listening(application(config, doorman), config.console.bind, config.console.port, **tls)


def _nodes(config: ServerConfig, doorman: Doorman) -> Listening:
    beacon_desk = import_string("loa_server.web.beacons.beacon_desk")  # models: only after setup
    enrolment = import_string("loa_server.web.enrolling.enrolment_desk")(config)
    desks = {
        "/beacon": beacon_desk(config),
        "/enrol": enrolment.newcomers,
        "/renew": enrolment.renewals,
    }
    listener = NodesListener(config.public_dir, desks, enrolment, cut=doorman.cut)
    return listening(
        listener,
        config.nodes.bind,
        config.nodes.port,
        only_http1=True,
        ssl_cert=config.pki_dir / "nodes-https.crt",
        ssl_key=config.pki_dir / "nodes-https.key",
    )
