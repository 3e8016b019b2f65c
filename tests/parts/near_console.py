"""The console in this very process, for a browser: what a test made is what the pages show."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from fakes.town import seated
from loa_server.areas.models import Person
from parts.broker import free_port


@contextmanager
def near_console() -> Iterator[str]:
    """Its address."""
    port = free_port()
    server = ThreadedWSGIServer(("127.0.0.1", port), WSGIRequestHandler)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def cookie_of(person: Person | None, address: str) -> list[Any]:
    """That of a browser in which this person has signed in; none for None."""
    held = seated(person).cookies.get(settings.SESSION_COOKIE_NAME)
    return [{"name": held.key, "value": held.value, "url": address}] if held else []
