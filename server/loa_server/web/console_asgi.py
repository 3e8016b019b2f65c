"""The console's listener: live pages and figures past Django, everything else through it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from loa_server.config import ServerConfig
from loa_server.web.bodies import Bodies, Limits, RefusedError
from loa_server.web.live import PREFIX, Live, session_in
from loa_server.web.metrics import PATH as METRICS
from loa_server.web.metrics import Metrics
from loa_server.web.patience import UnreadError, patient, peer_of

App = Callable[[Any, Any, Any], Awaitable[None]]


def application(
    config: ServerConfig,
    cut: Callable[[tuple[str, int]], None] = lambda peer: None,  # noqa: ARG005  # nobody
) -> App:
    """Sets Django up: call it once per process."""
    pages: App = get_asgi_application()
    scopes_of = import_string("loa_server.web.watching.scopes_of")  # models: only after setup
    is_signed_in = import_string("loa_server.web.watching.is_signed_in")
    metrics = Metrics(config.database, config.console.metrics_token)
    live = Live(config.database, settings.SESSION_COOKIE_NAME, scopes_of)

    # several languages may come in one form
    most = config.media.upload_mb * 1_000_000 * len(config.console.languages)
    guarded = _Guarded(pages, Bodies(Limits(files=most), _signed_in_by(is_signed_in)), cut)

    async def route(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await live(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == METRICS:
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
    """Django's pages: what comes in is measured, who does not read what goes out is cut off."""

    def __init__(self, pages: App, bodies: Bodies, cut: Callable[[tuple[str, int]], None]) -> None:
        self._pages = pages
        self._bodies = bodies
        self._cut = cut

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._bodies.admit(
                scope, receive, lambda read: self._pages(scope, read, patient(send))
            )
        except RefusedError as e:
            await _refuse(e, send)
        except UnreadError:
            self._cut(peer_of(scope))


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
