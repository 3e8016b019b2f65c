"""Hôm nay: what waits for me, what plays now and next, what failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from loa_server.areas.reach import within
from loa_server.bulletins.models import Bulletin, State
from loa_server.console import alarms, audit_log, drafts, keybook
from loa_server.console.ahead import ahead
from loa_server.console.desk import Desk, reach, to_approve
from loa_server.console.duty import to_countersign
from loa_server.console.pages import page, signed_in
from loa_server.dispatch.models import Delivery

SHOWN = 8
RECENT = timedelta(days=2)
LONGEST = timedelta(hours=1)
"""No session sounds for so long: what is said to sound since then has lost its end."""
TROUBLE = (
    Delivery.State.FAILED,
    Delivery.State.PARTIAL,
    Delivery.State.REFUSED,
    Delivery.State.MISSED,
)


@signed_in
def today(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = timezone.now()
    context = {
        **_papers(desk),
        **_at_the_nodes(desk, now),
        "ahead": ahead(desk, now, SHOWN),
        "may_write": desk.holds("author"),
        "may_approve": desk.holds("approver"),
        "alarms": _alarms(desk),
        "broken_log": audit_log.broken(desk, now),
        "keybook": keybook.notices(now),
    }
    return page(request, desk, "home.html", context)


def _papers(desk: Desk) -> dict[str, list[Bulletin]]:
    """What waits for this person, by one query: no bulletin can be in two of these lists."""
    unfinished = Bulletin.objects.filter(
        author=desk.person, state__in=(*drafts.EDITABLE, State.SUBMITTED)
    )
    lists = (to_approve(desk), to_countersign(desk), unfinished)
    rows = Bulletin.objects.filter(_first_of(lists)).select_related("home", "author")
    found: dict[str, list[Bulletin]] = {"to_approve": [], "to_countersign": [], "mine": []}
    for row in rows:
        if row.state == State.APPROVED:
            found["to_countersign"].append(row)
        else:
            found["mine" if row.author_id == desk.person.pk else "to_approve"].append(row)
    return found


def _at_the_nodes(desk: Desk, now: datetime) -> dict[str, list[Delivery]]:
    """What sounds and what did not, by one query. Who left in the middle does not sound now."""
    seen = Delivery.objects.filter(reach(desk, "node__area__path"))
    sounds = seen.filter(
        state=Delivery.State.PLAYING, node__online=True, changed_at__gte=now - LONGEST
    )
    recent = seen.filter(changed_at__gte=now - RECENT, state__in=TROUBLE)
    lists = (sounds.order_by(), recent.order_by("-changed_at"))
    rows = Delivery.objects.filter(_first_of(lists)).select_related("bulletin", "node__area")
    found: dict[str, list[Delivery]] = {"playing": [], "trouble": []}
    for row in rows.order_by("-changed_at"):
        found["playing" if row.state == Delivery.State.PLAYING else "trouble"].append(row)
    return found


def _first_of(lists: Iterable[QuerySet[Any]]) -> Q:
    found = Q(pk__in=[])
    for rows in lists:
        found |= Q(pk__in=rows.values("pk")[:SHOWN])
    return found


def _alarms(desk: Desk) -> list[alarms.Shown]:
    """Those that this person may answer."""
    mine = within(desk.standing.scopes(*alarms.ANSWERERS), "area__path")
    return [alarms.shown(row) for row in alarms.raised(mine, still_open=True)[:SHOWN]]
