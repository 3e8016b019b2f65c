"""The console's listener: live pages and figures past Django, everything else through it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from loa_server.addresses import household
from loa_server.config import ServerConfig
from loa_server.web.bodies import Bodies, Limits, RefusedError
from loa_server.web.doorman import Doorman
from loa_server.web.live import PREFIX, Live, session_in
from loa_server.web.metrics import PATH as METRICS
from loa_server.web.metrics import Metrics
from loa_server.web.patience import UnreadError, patient, peer_of
from loa_server.web.turns import BusyError, Turns

App = Callable[[Any, Any, Any], Awaitable[None]]


def application(config: ServerConfig, doorman: Doorman | None = None) -> App:
    """Sets Django up: call it once per process."""
    doorman = doorman or Doorman({})
    pages: App = get_asgi_application()
    scopes_of = import_string("loa_server.web.watching.scopes_of")  # models: only after setup
    is_signed_in = import_string("loa_server.web.watching.is_signed_in")
    metrics = Metrics(config.database, config.console.metrics_token)
    live = Live(config.database, settings.SESSION_COOKIE_NAME, scopes_of)

    # several languages may come in one form
    most = config.media.upload_mb * 1_000_000 * len(config.console.languages)
    guarded = _Guarded(pages, Bodies(Limits(files=most), _signed_in_by(is_signed_in)), doorman)

    async def route(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        with doorman.visit(peer_of(scope)):
            if scope["path"].startswith(PREFIX):
                await live(scope, receive, send)
            elif scope["path"] == METRICS:
                await metrics(scope, receive, send)
            else:
                await guarded(scope, receive, send)

    return route


def _signed_in_by(is_signed_in: Callable[[str], bool]) -> Callable[[Any], Awaitable[bool]]:
    async def signed_in(scope: Any) -> bool:
        session = session_in(scope, settings.SESSION_COOKIE_NAME)
        return bool(session) and await asyncio.to_thread(is_signed_in, session)

    return signed_in


class _Guarded:
    """Django's pages: what comes in is measured, each waits for its turn, and who does not read
    what goes out is cut off."""

    def __init__(self, pages: App, bodies: Bodies, doorman: Doorman) -> None:
        self._pages = pages
        self._bodies = bodies
        self._doorman = doorman
        self._turns = {
            "/tin/": Turns(of_one=16, in_all=64),
            "/static/": Turns(of_one=64, in_all=128),
            "/": Turns(of_one=64, in_all=192),
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            async with AsyncExitStack() as stack:
                await self._bodies.admit(
                    scope,
                    receive,
                    lambda read: self._pages(scope, read, patient(send)),
                    whole=lambda: stack.enter_async_context(self._turn(scope)),
                )
        except RefusedError as e:
            await _refuse(e, send)
        except BusyError:
            await _refuse(RefusedError(503), send)
        except UnreadError:
            self._doorman.cut(peer_of(scope))

    def _turn(self, scope: Any) -> AbstractAsyncContextManager[None]:
        """From here on it costs a thread: not while a body is still on its way."""
        turns = next(t for begins, t in self._turns.items() if scope["path"].startswith(begins))
        return turns.turn(household(peer_of(scope)[0]))


async def _refuse(why: RefusedError, send: Any) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(why.sentence)),
        (b"connection", b"close"),
        *([(b"retry-after", b"60")] if why.status == 503 else []),
    ]
    await send({"type": "http.response.start", "status": why.status, "headers": headers})
    await send({"type": "http.response.body", "body": why.sentence})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
