"""Đính chính: from a bulletin that went out to the draft of what is right; who heard which."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.bulletins import correcting
from loa_server.bulletins.approval import allowed, may_write
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.services import facts_of
from loa_server.console.desk import Desk, reach
from loa_server.console.pages import page, signed_in
from loa_server.console.views.ledger import seen
from loa_server.console.views.newcomers import text
from loa_server.dispatch.models import Delivery
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal

MOST = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One node that sounded the wrong one, and how it stands with the correction."""

    node: Node
    plays: int
    state: str  # of the correction there; empty: not expected there


@signed_in
def correct(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """GET says what will happen; POST makes the draft."""
    wrong = seen(desk, id)
    if may_write(wrong.home.path, desk.standing) or not correcting.may_be_corrected(wrong):
        raise Http404
    if request.method == "POST":
        made = correcting.correct(wrong, desk.person, timezone.now())
        if not isinstance(made, Refusal):
            messages.success(
                request, _("Đã mở bản đính chính. Hãy sửa chỗ sai trong nội dung dưới đây.")
            )
            return redirect("console:content", made)
        return page(request, desk, "correct.html", {"wrong": wrong, "fault": text(made)}, 422)
    context = {
        "wrong": wrong,
        "heard": sounded(desk, wrong).count(),
        "running": wrong.state == "published",
        "may_stop": "stop" in allowed(facts_of(wrong), desk.standing),
        "begun": list(wrong.corrections.all()[:5]),
    }
    return page(request, desk, "correct.html", context)


@signed_in
def heard(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Of a correction: who heard the wrong one, and whether they have heard this."""
    bulletin = seen(desk, id)
    lines = who_heard(desk, bulletin)
    context = {
        "bulletin": bulletin,
        "wrong": bulletin.replaces,
        "lines": lines,
        "missing": sum(line.state not in ("played", "partial") for line in lines),
    }
    return page(request, desk, "heard.html", context)


def who_heard(desk: Desk, correction: Bulletin) -> list[Line]:
    """Of the wrong one. Raises Http404 for what corrects nothing."""
    if correction.replaces is None:
        raise Http404
    told = dict(correction.deliveries.values_list("node_id", "state"))
    rows = sounded(desk, correction.replaces)[:MOST]
    return [Line(row.node, row.plays, told.get(row.node_id, "")) for row in rows]


def sounded(desk: Desk, wrong: Bulletin) -> QuerySet[Delivery]:
    """Where any of it came out of a loudspeaker, in what this person may see."""
    aloud = Q(plays__gt=0) | Q(first_sound_at__isnull=False)
    rows = Delivery.objects.filter(aloud, reach(desk, "node__area__path"), bulletin=wrong)
    return rows.select_related("node__area").order_by("node__area__path", "node_id")
