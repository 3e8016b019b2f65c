"""Hôm nay: what waits for me, what plays, what failed."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from loa_server.areas.reach import within
from loa_server.bulletins.models import State
from loa_server.console import alarms, audit_log, drafts, keybook
from loa_server.console.desk import Desk, bulletins_seen_by, reach, to_approve
from loa_server.console.duty import to_countersign
from loa_server.console.pages import page, signed_in
from loa_server.dispatch.models import Delivery

SHOWN = 8
RECENT = timedelta(days=2)
TROUBLE = (
    Delivery.State.FAILED,
    Delivery.State.PARTIAL,
    Delivery.State.REFUSED,
    Delivery.State.MISSED,
)


@signed_in
def today(request: HttpRequest, desk: Desk) -> HttpResponse:
    seen = Delivery.objects.filter(reach(desk, "node__area__path")).select_related(
        "bulletin", "node__area"
    )
    recent = seen.filter(changed_at__gte=timezone.now() - RECENT).order_by("-changed_at")
    context = {
        "to_approve": list(to_approve(desk).select_related("home", "author")[:SHOWN]),
        "to_countersign": list(to_countersign(desk).select_related("home", "author")[:SHOWN]),
        "mine": list(
            bulletins_seen_by(desk)
            .filter(author=desk.person, state__in=(*drafts.EDITABLE, State.SUBMITTED))
            .select_related("home")[:SHOWN]
        ),
        "playing": list(seen.filter(state=Delivery.State.PLAYING)[:SHOWN]),
        "trouble": list(recent.filter(state__in=TROUBLE)[:SHOWN]),
        "may_write": desk.holds("author"),
        "may_approve": desk.holds("approver"),
        "alarms": _alarms(desk),
        "broken_log": audit_log.broken(desk, timezone.now()),
        "keybook": keybook.notices(timezone.now()),
    }
    return page(request, desk, "home.html", context)


def _alarms(desk: Desk) -> list[alarms.Shown]:
    """Those that this person may answer."""
    mine = within(desk.standing.scopes(*alarms.ANSWERERS), "area__path")
    return [alarms.shown(row) for row in alarms.raised(mine, still_open=True)[:SHOWN]]
