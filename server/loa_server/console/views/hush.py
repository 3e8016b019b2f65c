"""Dừng loa cả địa bàn: one person, one page, one code."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loa_server.areas import secondfactor
from loa_server.areas.models import HAMLETS
from loa_server.areas.reach import areas_within
from loa_server.areas.tree import open_on
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.refusal import Refusal
from loa_server.console import branches, doors
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.dispatch.hushed import running_in
from loa_server.dispatch.hushing import HUSHERS, Hush, silence

MOST_SHOWN = 12


@signed_in
def hush(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: area (an id), alarms (on), why, code."""
    if not desk.standing.scopes(*HUSHERS):
        raise Http404
    if request.method != "POST":
        return _page(request, desk, request.GET.get("area", ""))
    said = request.POST
    if branches.is_asked(request):
        kept = {"alarms": bool(said.get("alarms")), "why": said.get("why", "")}
        return _page(request, desk, said.get("area", ""), None, **kept)
    asked = Hush(
        area=said.get("area", ""),
        alarms_too=bool(said.get("alarms")),
        code=said.get("code", ""),
        why=said.get("why", ""),
    )
    kept = {"alarms": asked.alarms_too, "why": asked.why}
    if doors.hurried(request):
        return _page(request, desk, asked.area, doors.SLOWLY, **kept)
    done = silence(asked, desk.person, timezone.now())
    if isinstance(done, Refusal):
        if done.code in secondfactor.REFUSALS:
            doors.wrong_in_a_hurry(request, desk.person, done, "hush")
        return _page(request, desk, asked.area, done, **kept)
    messages.success(request, _("Đã ra lệnh im loa. Dưới đây là từng điểm phát đã nhận lệnh."))
    return redirect("console:bulletin", done)


def _page(
    request: HttpRequest, desk: Desk, area: str, fault: Refusal | None = None, **said: Any
) -> HttpResponse:
    tops = desk.places(*HUSHERS)
    offered = areas_within(desk.standing.scopes(*HUSHERS)).filter(open_on(desk.standing.today))
    # two taps for a commune's own people; nobody silences a whole district without choosing it
    alone = len(tops) == 1 and tops[0].kind in (*HAMLETS, "commune", "ward")
    chosen = area or (tops[0].id if alone else "")
    runs = Q(pk__in=[])
    for top in tops:
        runs |= Q(pk__in=running_in(top).values("pk"))
    running = Bulletin.objects.filter(runs).order_by("-changed_at")
    by_code = (*secondfactor.REFUSALS, doors.SLOWLY.code)
    beside = "code" if fault and fault.code in by_code else ""
    text = fault.text(get_language() or "vi") if fault else ""
    context = {
        "branches": branches.branches(request, offered, [chosen]),
        "running": list(running[: MOST_SHOWN + 1]),
        "most": MOST_SHOWN,
        "on_duty": desk.holds("duty"),
        "fault": "" if beside else text,
        "code_fault": text if beside else "",
        **said,
    }
    return page(request, desk, "hush.html", context, status=422 if fault else 200)
