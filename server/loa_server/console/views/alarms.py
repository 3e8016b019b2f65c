"""Cảnh báo: what points at people rather than parts, who looked into it, and what they said."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.areas.reach import within
from loa_server.console import alarms as rules
from loa_server.console.alarms import ANSWERERS, Shown
from loa_server.console.desk import Desk, reach
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf
from loa_server.console.views.newcomers import text


@signed_in
def alarms(request: HttpRequest, desk: Desk) -> HttpResponse:
    """`?group=past`: those that somebody has answered."""
    past = request.GET.get("group") == "past"
    found = leaf(request, rules.raised(reach(desk, "area__path"), still_open=not past))
    said = {"leaf": found, "rows": [rules.shown(row) for row in found.rows], "past": past}
    return page(request, desk, "alarms.html", said)


@signed_in
def alarm(request: HttpRequest, desk: Desk, id: str, code: str) -> HttpResponse:  # noqa: A002
    """Fields: note, times (as the page showed it)."""
    found = _one(desk, id, code)
    if request.method != "POST":
        return _page(request, desk, found)
    seen, note = request.POST.get("times", ""), request.POST.get("note", "")
    read = int(seen) if seen.isdecimal() and len(seen) < 10 else -1
    refused = rules.answer(found, read, note, desk.person, timezone.now())
    if refused is not None:
        said = {"note": note, "fault": text(refused)}
        return _page(request, desk, found, said, 422)
    messages.success(request, _("Đã ghi. Nếu xảy ra lần nữa, cảnh báo hiện lại."))
    return redirect("console:alarms")


def _one(desk: Desk, node: str, code: str) -> Shown:
    mine = reach(desk, "area__path") & Q(pk=node, alarms__code=code)
    for still_open in (True, False):
        row = rules.raised(mine, still_open=still_open).first()
        if row is not None:
            return rules.shown(row)
    raise Http404


def _page(
    request: HttpRequest,
    desk: Desk,
    found: Shown,
    said: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    mine = within(desk.standing.scopes(*ANSWERERS), "area__path")
    context = {
        "alarm": found,
        "answers": rules.answers(found.node, found.code),
        "may_answer": type(found.node).objects.filter(mine, pk=found.node.pk).exists(),
        **(said or {}),
    }
    return page(request, desk, "alarm_one.html", context, status=status)
