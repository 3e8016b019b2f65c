"""Niêm yết: one page with one decision, how many days."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.bulletins import posting as rules
from loa_server.bulletins.posting import NO_DAYS
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.views.ledger import seen
from loa_server.console.views.newcomers import text
from loa_server.refusal import Refusal
from loa_wire.localtime import LOCAL

USUAL = (7, 15, 30)


@signed_in
def posting(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: days; do: post, down."""
    bulletin, now = seen(desk, id), timezone.now()
    if not rules.may_post(bulletin, desk.standing):
        raise Http404
    done: object = None
    if request.method == "POST":
        if request.POST.get("do") == "down":
            done = rules.take_down(bulletin, desk.person, now)
        else:
            days = request.POST.get("days", "")
            counted = int(days) if days.isdecimal() and len(days) < 4 else 0
            done = rules.post(bulletin, counted, desk.person, now)
        if not isinstance(done, Refusal):
            messages.success(request, _("Đã ghi nhận."), extra_tags="good")
            return redirect("console:posting", bulletin.id)
    context = {
        "bulletin": bulletin,
        "up": rules.standing(bulletin, now.astimezone(LOCAL).date()),
        "past": list(bulletin.postings.select_related("by", "down_by")[:20]),
        "usual": USUAL,
        "days": request.POST.get("days", "15"),
        "fault": text(done) if isinstance(done, Refusal) else "",
        "beside": done is NO_DAYS,
    }
    return page(request, desk, "posting.html", context, status=422 if context["fault"] else 200)
