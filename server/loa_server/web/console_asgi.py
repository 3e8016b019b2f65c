"""The console's listener: live pages and figures past Django, everything else through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from loa_server.config import ServerConfig
from loa_server.web.live import PREFIX, Live
from loa_server.web.metrics import PATH as METRICS
from loa_server.web.metrics import Metrics

App = Callable[[Any, Any, Any], Awaitable[None]]


def application(config: ServerConfig) -> App:
    """Sets Django up: call it once per process."""
    pages: App = get_asgi_application()
    scopes_of = import_string("loa_server.web.watching.scopes_of")  # models: only after setup
    metrics = Metrics(config.database, config.console.metrics_token)
    live = Live(config.database, settings.SESSION_COOKIE_NAME, scopes_of)

    async def route(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await live(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == METRICS:
            await metrics(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return route


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
