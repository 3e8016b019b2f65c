"""Prepared voices and pictures for those who may see the bulletin, and the demo node's outlets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from loa_server.bulletins.models import Media, Picture, Revision, Voice
from loa_server.config import DemoConfig
from loa_server.console.desk import Desk, bulletins_seen_by, reach
from loa_server.console.pages import signed_in
from loa_server.console.prepare import shelf_path
from loa_server.fleet.models import Node

PIECE = 64 * 1024
MOST = 4_000_000
DIGITS = 18
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")


@signed_in
def preview(request: HttpRequest, desk: Desk, id: str, sha256: str) -> HttpResponseBase:  # noqa: A002
    bulletin = bulletins_seen_by(desk).filter(id=id).first()
    media = Media.objects.filter(sha256=sha256).first()
    if bulletin is None or media is None or not _belongs(bulletin.id, media):
        raise Http404
    return whole_or_part(request, shelf_path(sha256), media.type)


def _belongs(bulletin_id: str, media: Media) -> bool:
    """To the draft as it stands, or to any revision of it that was submitted."""
    held = {"bulletin_id": bulletin_id, "media": media}
    if Voice.objects.filter(**held).exists() or Picture.objects.filter(**held).exists():
        return True
    payloads = Revision.objects.filter(bulletin_id=bulletin_id).values_list("payload", flat=True)
    return any(media.sha256.encode() in bytes(payload) for payload in payloads)


@signed_in
def screen(request: HttpRequest, desk: Desk, id: str) -> HttpResponseBase:  # noqa: A002
    return _outlet(request, desk, id, "screen_picture", "image/png")


@signed_in
def loudspeaker(request: HttpRequest, desk: Desk, id: str) -> HttpResponseBase:  # noqa: A002
    return _outlet(request, desk, id, "loudspeaker_wav", "audio/wav")


def demo_file(name: str, node_id: str) -> Path | None:
    """Where the demo's one node puts its picture or its sound: named in server.toml, and there."""
    demo: DemoConfig = settings.LOA.demo
    path = {"screen_picture": demo.screen_picture, "loudspeaker_wav": demo.loudspeaker_wav}[name]
    if not path or demo.node not in ("", node_id) or not Path(path).is_file():
        return None
    return Path(path)


def _outlet(
    request: HttpRequest, desk: Desk, node_id: str, name: str, kind: str
) -> HttpResponseBase:
    node = Node.objects.filter(reach(desk, "area__path"), id=node_id).first()
    path = demo_file(name, node_id) if node else None
    if path is None:
        raise Http404
    return whole_or_part(request, path, kind)


class Pieces(StreamingHttpResponse):
    """So many bytes of a file, a piece at a time. Django's own FileResponse is read whole into
    memory when it is sent by ASGI."""

    def __init__(self, file: BinaryIO, length: int, **headers: Any) -> None:
        self._file = file
        self._length = length
        super().__init__(self._pieces(), **headers)
        self._resource_closers.append(file.close)  # type: ignore[attr-defined]
        self.headers["Content-Length"] = str(length)

    def _pieces(self) -> Iterator[bytes]:
        left = self._length
        while left > 0 and (piece := self._file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = self._pieces()
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece


def whole_or_part(request: HttpRequest, path: Path, kind: str) -> HttpResponseBase:
    """One byte range at most: what a browser's player asks for when somebody seeks.

    A range is answered with at most MOST bytes: the demo's WAV grows for as long as it runs.
    """
    try:
        opened = path.open("rb")
    except OSError:
        raise Http404 from None
    size = path.stat().st_size
    headers = {"Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or asked.group() == "bytes=-":
        return Pieces(opened, size, content_type=kind, headers=headers)
    first, last = _span(asked, size)
    if first >= size or first > last:
        opened.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    last = min(last, first + MOST - 1)
    opened.seek(first)
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Pieces(opened, last - first + 1, status=206, content_type=kind, headers=headers)


def _span(asked: re.Match[str], size: int) -> tuple[int, int]:
    """What no file is as long as begins after its end."""
    first, last = asked.groups()
    if len(first) > DIGITS or len(last) > DIGITS:
        return size, size
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
