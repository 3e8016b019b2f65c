"""Khóa: whose signatures the nodes believe, for how long, and what to do before they run out."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from loa_server.console import keybook
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in

READERS = ("registrar", "auditor")


@signed_in
def keys(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Nothing is changed here: whoever takes this server over must not be able to."""
    if not desk.standing.scopes(*READERS):
        raise Http404
    now = timezone.now()
    return page(
        request,
        desk,
        "keys_room.html",
        {"book": keybook.book(now), "keybook": keybook.notices(now)},
    )
