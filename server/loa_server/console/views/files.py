"""Prepared voices and pictures for those who may see the bulletin, and the demo node's outlets."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from loa_server.bulletins.models import Media, Picture, Revision, Voice
from loa_server.config import DemoConfig
from loa_server.console.desk import Desk, bulletins_seen_by, reach
from loa_server.console.pages import signed_in
from loa_server.console.prepare import shelf_path
from loa_server.fleet.models import Node

PIECE = 4_000_000
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


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


def whole_or_part(request: HttpRequest, path: Path, kind: str) -> HttpResponseBase:
    """One byte range at most: what a browser's player asks for when somebody seeks.

    A range is answered with at most PIECE bytes: the demo's WAV grows for as long as it runs.
    """
    try:
        opened = path.open("rb")
    except OSError:
        raise Http404 from None
    size = path.stat().st_size
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or asked.group() == "bytes=-":
        return FileResponse(opened, content_type=kind, headers={"Accept-Ranges": "bytes"})
    with opened:
        first, last = _span(asked, size)
        if first >= size or first > last:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        opened.seek(first)
        body = opened.read(min(last - first + 1, PIECE))
    where = f"bytes {first}-{first + len(body) - 1}/{size}"
    headers = {"Accept-Ranges": "bytes", "Content-Range": where}
    return HttpResponse(body, status=206, content_type=kind, headers=headers)


def _span(asked: re.Match[str], size: int) -> tuple[int, int]:
    first, last = asked.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
