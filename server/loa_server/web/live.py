"""Live pages: server-sent events by raw ASGI, past Django's handler.

An async Django view held a thread per viewer (1,000 viewers: 1,006 threads, 489 MB, p50 2.25 s);
a callable like this one held 8 threads and 103 MB. One poller reads the database for everyone.

    GET /live/bulletin/<id>[?after=<seq>]   event: row, data: {"node", "state", …}, id: <seq>
    GET /live/fleet                         event: row, data: {"node", "seen_at", …}
    event: resync                           too much was missed: read the page anew
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from loa_server.web.changes import Change, Changes
from loa_server.web.rooms import Rooms, Viewer

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
ScopesOf = Callable[[str, str], tuple[str, ...] | None]

POLL_S: Final = 0.1
PING_S: Final = 15.0
SESSION_S: Final = 60.0
PREFIX: Final = "/live/"
RESYNC: Final = b"event: resync\ndata: {}\n\n"
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
log = logging.getLogger(__name__)


class Live:
    """An ASGI application for paths under /live/. `scopes_of` may block: it runs in a thread."""

    def __init__(
        self, database: Path, cookie: str, scopes_of: ScopesOf, recheck_s: float = SESSION_S
    ) -> None:
        self._database = database
        self._cookie = cookie
        self._scopes_of = scopes_of
        self._recheck_s = recheck_s
        self._rooms = Rooms()
        self._wakes: dict[Viewer, asyncio.Event] = {}
        self._poller: asyncio.Task[None] | None = None
        self._reading = asyncio.Event()  # from now on no change is overlooked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        room = scope["path"].removeprefix(PREFIX)
        session = session_in(scope, self._cookie)
        scopes = await self._allowed(session, room) if session else None
        if scope["method"] != "GET" or scopes is None:
            await _refuse(send)
            return
        viewer = Viewer(room, scopes)
        self._enter(viewer)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        leaving = asyncio.ensure_future(_until_gone(receive))
        try:
            await self._reading.wait()
            await self._catch_up(viewer, _after(scope))
            await self._tell(viewer, session, leaving, send)
        finally:
            leaving.cancel()
            self._leave(viewer)
            with contextlib.suppress(Exception):  # the browser is gone: nobody to close for
                await send({"type": "http.response.body", "body": b""})

    async def _tell(
        self, viewer: Viewer, session: str, leaving: asyncio.Future[None], send: Send
    ) -> None:
        wake, checked = self._wakes[viewer], time.monotonic()
        leaving.add_done_callback(lambda _gone: wake.set())
        await _write(send, b"retry: 2000\n\n")
        while not leaving.done():
            changes, resync = viewer.take()
            told = b"".join(change.event for change in changes) + RESYNC * resync
            if told:
                await _write(send, told)
            if not await _woken(wake):
                await _write(send, b": still here\n\n")
            if time.monotonic() - checked > self._recheck_s:
                checked = time.monotonic()
                if await self._allowed(session, viewer.room) != viewer.scopes:
                    return  # signed out, or moved: the browser connects again and is asked anew

    async def _allowed(self, session: str, room: str) -> tuple[str, ...] | None:
        return await asyncio.to_thread(self._scopes_of, session, room)

    async def _catch_up(self, viewer: Viewer, after: int | None) -> None:
        if after is None or not viewer.room.startswith("bulletin/"):
            return
        bulletin = viewer.room.removeprefix("bulletin/")

        def read() -> list[Change]:
            with contextlib.closing(Changes(self._database)) as changes:
                return changes.of_bulletin(bulletin, after)

        for change in await asyncio.to_thread(read):
            viewer.offer(change)

    def _enter(self, viewer: Viewer) -> None:
        self._wakes[viewer] = asyncio.Event()
        self._rooms.enter(viewer)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())

    def _leave(self, viewer: Viewer) -> None:
        self._rooms.leave(viewer)
        del self._wakes[viewer]

    async def _poll(self) -> None:
        """Runs while anybody watches."""
        changes: Changes | None = None
        overlooked = False
        try:
            while self._wakes:
                try:
                    if changes is None:
                        changes = await asyncio.to_thread(Changes, self._database)
                    self._reading.set()
                    if overlooked:
                        overlooked = False
                        self._all_anew()
                    self._spread(await asyncio.to_thread(changes.poll))
                except Exception:
                    log.exception("live pages cannot read the database; trying again")
                    changes, overlooked = None, True
                await asyncio.sleep(POLL_S)
        finally:
            self._reading.clear()
            if changes is not None:
                changes.close()

    def _spread(self, found: list[Change]) -> None:
        for viewer in self._rooms.spread(found):
            self._wakes[viewer].set()

    def _all_anew(self) -> None:
        """Nobody knows what changed while the database could not be read."""
        for viewer, wake in self._wakes.items():
            viewer.resync = True
            wake.set()


async def _woken(wake: asyncio.Event) -> bool:
    """False when only time has passed."""
    try:
        async with asyncio.timeout(PING_S):
            await wake.wait()
    except TimeoutError:
        return False
    wake.clear()
    return True


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _refuse(send: Send) -> None:
    # 204 tells EventSource to stop asking: a page without a session is about to say so itself
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def session_in(scope: Scope, cookie: str) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            with contextlib.suppress(CookieError):
                found = SimpleCookie(value.decode("latin-1")).get(cookie)
                return found.value if found else ""
    return ""


def _after(scope: Scope) -> int | None:
    """From Last-Event-ID when the browser reconnects, else from the page's own address."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"))
    text = headers.get(b"last-event-id") or query.get("after", [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
