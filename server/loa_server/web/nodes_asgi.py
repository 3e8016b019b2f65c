"""The nodes' HTTPS listener: published bytes by name, resumable. Raw ASGI, no Django, no database.

    GET /media/<sha256> (Range)   /envelopes/<sha256>   /areas/<id>/manifest (ETag)
        /authority/<unit>/<version>   /root/<n>

It serves what the engine placed in public/, and nothing else can be named: every path is matched
whole before it touches the disk. No client certificate: these are public bytes, rate limited.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import stat
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any, Final

from loa_server.web.bucket import Buckets
from loa_server.web.ranges import Part, Unsatisfiable, Whole, answer

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

CHUNK: Final = 64 * 1024
FOREVER: Final = b"public, max-age=31536000, immutable"
_NAME = r"[a-z0-9_-]{1,64}"
_SHA = r"[0-9a-f]{64}"
_BY_HASH = re.compile(rf"\A/(media|envelopes)/({_SHA})\Z")
_BY_VERSION = re.compile(
    rf"\A/(areas/{_NAME}/manifest|authority/{_NAME}/[0-9]{{1,15}}|root/[0-9]{{1,15}})\Z"
)
RATE, BURST = 50.0, 400.0
"""Requests of one address: a commune's nodes may share one behind their router."""


@dataclass(frozen=True, slots=True)
class Found:
    path: Path
    etag: str
    size: int
    modified: float
    type: bytes
    caching: bytes


class NodesListener:
    """An ASGI application. `public` is the folder the engine fills."""

    def __init__(self, public: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._public = public
        self._clock = clock
        self._buckets = Buckets(RATE, BURST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        address = scope["client"][0] if scope.get("client") else ""
        if not self._buckets.take(address, self._clock()):
            await _brief(send, 429, b"too many requests\n", (b"retry-after", b"10"))
        elif scope["method"] not in ("GET", "HEAD"):
            await _brief(send, 405, b"GET or HEAD\n", (b"allow", b"GET, HEAD"))
        elif (found := self.find(scope["path"])) is None:
            await _brief(send, 404, b"not published\n")
        else:
            await _serve(found, scope, send)

    def find(self, path: str) -> Found | None:
        """The published file that a path names, or None."""
        if match := _BY_HASH.match(path):
            kind = b"application/json" if match[1] == "envelopes" else b"application/octet-stream"
            return self._found(path, match[2], kind, FOREVER)
        if _BY_VERSION.match(path):
            return self._found(path, None, b"application/json", b"no-cache")
        return None

    def _found(self, path: str, etag: str | None, kind: bytes, caching: bytes) -> Found | None:
        place = self._public / path.lstrip("/")
        try:
            status = place.lstat()
            # small documents change under their name: their tag is what is in them
            tag = etag or hashlib.sha256(place.read_bytes()).hexdigest()[:32]
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return Found(place, f'"{tag}"', status.st_size, status.st_mtime, kind, caching)


async def _serve(found: Found, scope: Scope, send: Send) -> None:
    asked = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    headers = [
        (b"etag", found.etag.encode()),
        (b"cache-control", found.caching),
        (b"accept-ranges", b"bytes"),
        (b"last-modified", formatdate(found.modified, usegmt=True).encode()),
    ]
    if _unchanged(asked.get(b"if-none-match"), found.etag):
        await _head(send, 304, headers)
        await send({"type": "http.response.body", "body": b""})
        return
    headers += [(b"content-type", found.type), (b"x-content-type-options", b"nosniff")]
    match answer(found.size, found.etag, asked.get(b"range"), asked.get(b"if-range")):
        case Unsatisfiable(size):
            await _brief(send, 416, b"", (b"content-range", b"bytes */%d" % size))
        case Whole(size):
            await _head(send, 200, [*headers, (b"content-length", b"%d" % size)])
            await _body(found.path, 0, size, scope["method"], send)
        case Part(first, last, size):
            length = last - first + 1
            content_range = b"bytes %d-%d/%d" % (first, last, size)
            headers += [(b"content-range", content_range), (b"content-length", b"%d" % length)]
            await _head(send, 206, headers)
            await _body(found.path, first, length, scope["method"], send)


def _unchanged(if_none_match: str | None, etag: str) -> bool:
    return if_none_match is not None and etag in [t.strip() for t in if_none_match.split(",")]


async def _body(path: Path, first: int, length: int, method: str, send: Send) -> None:
    if method == "HEAD" or length == 0:
        await send({"type": "http.response.body", "body": b""})
        return
    loop = asyncio.get_running_loop()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        while length > 0:
            want = min(CHUNK, length)
            chunk = await loop.run_in_executor(None, os.pread, descriptor, want, first)
            if not chunk:  # shorter than it was: end here, the reader sees the length is wrong
                break
            first, length = first + len(chunk), length - len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": length > 0})
    finally:
        os.close(descriptor)


async def _head(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _brief(send: Send, status: int, body: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body)), *more]
    await _head(send, status, headers)
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
