"""Dừng phát and Báo yên: one person, a fresh code, one more page that says what will happen."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loa_server.areas import secondfactor
from loa_server.bulletins.approval import allowed
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import facts_of
from loa_server.console import doors
from loa_server.console.clusters import counted
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.views.ledger import seen
from loa_server.dispatch import urgent


@signed_in
def stop(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: code (second factor), why."""
    return _end(request, desk, _running(desk, id, "stop"), "stop")


@signed_in
def all_clear(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: code (second factor), why."""
    return _end(request, desk, _running(desk, id, "all_clear"), "all_clear")


def _running(desk: Desk, bulletin_id: str, verb: str) -> Bulletin:
    bulletin = seen(desk, bulletin_id)
    if verb not in allowed(facts_of(bulletin), desk.standing):
        raise Http404
    return bulletin


def _end(request: HttpRequest, desk: Desk, bulletin: Bulletin, kind: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, desk, bulletin, kind)
    code, why = request.POST.get("code", ""), request.POST.get("why", "")
    if doors.hurried(request):  # neither `locked` nor `shut`: nobody else must delay a stop
        return _page(request, desk, bulletin, kind, refused=_text(doors.SLOWLY), why=why)
    order = urgent.stop if kind == "stop" else urgent.all_clear
    done = order(bulletin.id, desk.person, code, why, timezone.now())
    if isinstance(done, Refusal):
        if done.code in secondfactor.REFUSALS:
            doors.wrong_in_a_hurry(request, desk.person, done, kind)
        return _page(request, desk, bulletin, kind, refused=_text(done), why=why)
    messages.success(
        request,
        _("Đã ra lệnh dừng. Lệnh đang được ký và gửi tới các điểm phát.")
        if kind == "stop"
        else _("Đã báo yên. Lệnh đang được ký và gửi tới các điểm phát."),
    )
    return redirect("console:bulletin", bulletin.id)


def _page(
    request: HttpRequest, desk: Desk, bulletin: Bulletin, kind: str, **said: Any
) -> HttpResponse:
    places = counted(bulletin.areas.all())
    context = {
        "bulletin": bulletin,
        "kind": kind,
        "areas": [place.area for place in places],
        "node_count": sum(place.nodes for place in places),
        **said,
    }
    return page(request, desk, "ending.html", context, status=422 if said else 200)


def _text(refusal: Refusal) -> str:
    return refusal.text(get_language() or "vi")
