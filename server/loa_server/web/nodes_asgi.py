"""The nodes' HTTPS listener: published bytes by name, resumable. Raw ASGI, no Django, no database.

    GET  /media/<sha256> (Range)   /envelopes/<sha256>   /areas/<id>/manifest (ETag)
         /authority/<unit>/<version>   /root/<n>
    POST what a Desk answers: /beacon, /enrol, /renew
    GET  /enrol/<key hash>: what an Inquiry answers

It serves what the engine placed in public/, and nothing else can be named: every path is matched
whole before it touches the disk. No client certificate: these are public bytes, rate limited.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Final, Protocol

from loa_server.addresses import household
from loa_server.bucket import Buckets
from loa_server.web.openings import Openings
from loa_server.web.patience import SEND_S, Receive, Scope, Send, UnreadError, patient, peer_of
from loa_server.web.ranges import Part, Unsatisfiable, Whole, answer

CHUNK: Final = 64 * 1024
FOREVER: Final = b"public, max-age=31536000, immutable"
_NAME = r"[a-z0-9_-]{1,64}"
_SHA = r"[0-9a-f]{64}"
_BY_HASH = re.compile(rf"\A/(media|envelopes)/({_SHA})\Z")
_BY_VERSION = re.compile(
    rf"\A/(areas/{_NAME}/manifest|authority/{_NAME}/[0-9]{{1,15}}|root/[0-9]{{1,15}})\Z"
)
_KEY = re.compile(rf"\A/enrol/({_SHA})\Z")
RATE, BURST = 50.0, 400.0
"""Requests of one address: a commune's nodes may share one behind their router."""
POST_RATE, POST_BURST = 10.0, 200.0
"""Of these, what somebody has to think about before it is answered."""
BODY_S = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    path: Path
    etag: str
    size: int
    modified: float
    type: bytes
    caching: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    type: bytes = b"text/plain"


class Desk(Protocol):
    """Answers what is posted to one path: at most `longest` bytes, whatever they hold."""

    @property
    def longest(self) -> int: ...

    async def answer(self, body: bytes, address: str) -> Reply: ...


class Inquiry(Protocol):
    """Answers what is asked of one key, named by its hash."""

    async def look(self, keyhash: str) -> Reply: ...


class NodesListener:
    """An ASGI application. `public` is the folder the engine fills; `desks` are by path."""

    def __init__(
        self,
        public: Path,
        desks: Mapping[str, Desk] | None = None,
        inquiry: Inquiry | None = None,
        clock: Callable[[], float] = time.monotonic,
        cut: Callable[[tuple[str, int]], None] = lambda peer: None,  # noqa: ARG005  # nobody
        send_s: float = SEND_S,
    ) -> None:
        self._public = public
        self._desks = desks or {}
        self._inquiry = inquiry
        self._clock = clock
        self._buckets = Buckets(RATE, BURST)
        self._posts = Buckets(POST_RATE, POST_BURST)
        self._openings = Openings()
        self._cut = cut
        self._send_s = send_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._admit(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers within what one address may hold open; who does not read is cut off."""
        peer = peer_of(scope)
        who = household(peer[0])
        if not self._openings.take(who):
            await _brief(send, 503, b"too many at once\n", (b"retry-after", b"10"))
            return
        try:
            await self._answer(who, scope, receive, patient(send, self._send_s))
        except UnreadError:
            # the HTTP server alone would keep what is written until somebody reads it
            self._cut(peer)
        finally:
            self._openings.release(who)

    async def _answer(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        desk = self._desks.get(scope["path"])
        if not self._buckets.take(address, self._clock()):
            await _brief(send, 429, b"too many requests\n", (b"retry-after", b"10"))
        elif desk is not None:
            await self._ask(desk, address, scope["method"], receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _brief(send, 405, b"GET or HEAD\n", (b"allow", b"GET, HEAD"))
        elif self._inquiry is not None and (key := _KEY.match(scope["path"])):
            await self._inform(self._inquiry, key[1], address, send)
        elif (found := self.find(scope["path"])) is None:
            await _brief(send, 404, b"not published\n")
        else:
            await _serve(found, scope, send)

    async def _ask(
        self, desk: Desk, address: str, method: str, receive: Receive, send: Send
    ) -> None:
        if method != "POST":
            await _brief(send, 405, b"POST\n", (b"allow", b"POST"))
        elif not self._posts.take(address, self._clock()):
            await _brief(send, 429, b"too many requests\n", (b"retry-after", b"10"))
        elif (body := await _posted(receive, desk.longest)) is None:
            await _brief(send, 400, b"too long, or cut off\n")
        else:
            await _say(await desk.answer(body, address), send)

    async def _inform(self, inquiry: Inquiry, key: str, address: str, send: Send) -> None:
        if not self._posts.take(address, self._clock()):
            await _brief(send, 429, b"too many requests\n", (b"retry-after", b"10"))
        else:
            await _say(await inquiry.look(key), send)

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


async def _say(reply: Reply, send: Send) -> None:
    retry = ((b"retry-after", b"10"),) if reply.status in (429, 503) else ()
    await _brief(send, reply.status, reply.body, *retry, type_=reply.type)


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


async def _posted(receive: Receive, longest: int) -> bytes | None:
    """The request's whole body, or None if it is longer or does not come."""
    body = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BODY_S):
            while len(body) <= longest:
                part = await receive()
                if part["type"] != "http.request":
                    return None
                body += part.get("body", b"")
                if not part.get("more_body"):
                    return body if len(body) <= longest else None
    return None


async def _brief(
    send: Send,
    status: int,
    body: bytes,
    *more: tuple[bytes, bytes],
    type_: bytes = b"text/plain",
) -> None:
    headers = [(b"content-type", type_), (b"content-length", b"%d" % len(body)), *more]
    await _head(send, status, headers)
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
