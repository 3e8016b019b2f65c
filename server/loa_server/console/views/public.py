"""Tin của xã: for everybody, without an account, a cookie or a script. And the same as a feed."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from loa_server.areas.models import Area
from loa_server.bucket import Buckets
from loa_server.bulletins.models import Media, State
from loa_server.console import doors, public
from loa_server.console.prepare import shelf_path
from loa_server.console.public import Notice
from loa_server.console.views.files import whole_or_part

P = ParamSpec("P")
ATOM: Final = "http://www.w3.org/2005/Atom"
FRESH_S: Final = 60
_ASKING: Final = Buckets(rate=10, burst=200)
"""One address reads a page with its sounds and pictures at once, and does not empty the house."""


def for_everybody(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    @wraps(view)
    def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not settings.LOA.console.public_pages:
            raise Http404
        if not _ASKING.take(doors.address(request), time.monotonic()):
            return HttpResponse(status=429, headers={"Retry-After": "30"})
        answer = view(request, *args, **kwargs)
        if answer.status_code == 200:
            answer.headers["Cache-Control"] = f"public, max-age={FRESH_S}"
        return answer

    return require_safe(shown)


@for_everybody
def places(request: HttpRequest) -> HttpResponse:
    return render(request, "console/public_places.html", {"places": public.places()})


@for_everybody
def place(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002
    area = _area(id)
    found = public.on_page(public.notices(area, timezone.now()))
    return render(request, "console/public.html", {"area": area, "notices": found})


@for_everybody
def feed(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002
    """Atom (RFC 4287): an entry keeps its id for ever; what was recalled says so."""
    area = _area(id)
    found = public.notices(area, timezone.now())
    # not from the Host header: a feed is kept and handed on by others
    page = settings.LOA.console_url + reverse("console:public", args=[area.pk])
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "vi"})
    _text(root, "title", area.name)
    _text(root, "id", f"urn:loa-ap:area:{area.pk}")
    ET.SubElement(root, "link", {"rel": "alternate", "href": page})
    ET.SubElement(root, "link", {"rel": "self", "href": settings.LOA.console_url + request.path})
    _text(root, "updated", _moment(max((n.at for n in found), default=timezone.now())))
    for notice in found:
        _entry(root, notice, page)
    body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return HttpResponse(body, content_type="application/atom+xml; charset=utf-8")


@for_everybody
def file(request: HttpRequest, id: str, sha256: str) -> HttpResponseBase:  # noqa: A002
    """A voice or a picture of what is on the page of this place now; nothing else."""
    shown = public.on_page(public.notices(_area(id), timezone.now()))
    held = {m.sha256 for notice in shown for m in notice.bulletin.media()}
    media = Media.objects.filter(pk=sha256).first() if sha256 in held else None
    if media is None:
        raise Http404
    return whole_or_part(request, shelf_path(sha256), media.type)


def _area(area_id: str) -> Area:
    found = Area.objects.filter(pk=area_id, kind__in=public.PLACES).first()
    if found is None:
        raise Http404
    return found


def _entry(root: ET.Element, notice: Notice, page: str) -> None:
    entry = ET.SubElement(root, "entry")
    recalled = notice.state == State.RECALLED
    _text(entry, "title", f"Đã thu hồi: {notice.title}" if recalled else notice.title)
    _text(entry, "id", f"urn:loa-ap:bulletin:{notice.id}")
    _text(entry, "published", _moment(notice.at))
    _text(entry, "updated", _moment(notice.at))
    _text(ET.SubElement(entry, "author"), "name", notice.home)
    ET.SubElement(entry, "link", {"rel": "alternate", "href": f"{page}#{notice.id}"})
    said = [f"{t.title}\n{t.text}".strip() for t in notice.tongues if t.title or t.text]
    _text(entry, "content", "" if recalled else "\n\n".join(said))


def _text(parent: ET.Element, name: str, said: str) -> None:
    ET.SubElement(parent, name).text = "".join(c for c in said if c >= " " or c in "\n\t")


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
