"""Lịch phát: what a commune's loudspeakers will say in the coming week, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.areas.models import Area
from loa_server.areas.reach import areas_within
from loa_server.areas.search import named
from loa_server.bulletins.models import Bulletin
from loa_server.console import skipping
from loa_server.console.desk import Desk, bulletins_seen_by, reach
from loa_server.console.houses import MOST, houses, nodes_at
from loa_server.console.pages import page, signed_in
from loa_server.console.views.newcomers import text
from loa_server.console.week import DAYS, Entry, Week, week
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal
from loa_wire.localtime import LOCAL

WEEKS_AHEAD = 8
LISTED = 60


@signed_in
def schedule(request: HttpRequest, desk: Desk) -> HttpResponse:
    """`?area=` or `?node=` says whose; `?q=` searches, diacritics or not; `?from=` a date."""
    now = timezone.now()
    today = now.astimezone(LOCAL).date()
    first = _first(request, today)
    place, nodes = _asked(request, desk)
    found = houses(nodes, now)
    made = week(found, first, int(now.timestamp() * 1000))
    mine = _rows(desk, made)
    context: dict[str, Any] = {
        "week": made,
        "place": place,
        "node": nodes[0] if request.GET.get("node") else None,
        "count": len(found),
        "capped": len(found) == MOST,
        "mine": mine,
        "q": request.GET.get("q", ""),
        "found": _search(desk, request.GET.get("q", "")),
        "earlier": first - timedelta(days=DAYS) if first > today else None,
        "later": first + timedelta(days=DAYS) if first < today + _FURTHEST else None,
        "today": today,
    }
    return page(request, desk, "schedule.html", context)


_FURTHEST = timedelta(days=DAYS * WEEKS_AHEAD)


@signed_in
def skip(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Field: moment (YYYY-MM-DDTHH:MM, local). GET shows what would be left out."""
    bulletin = bulletins_seen_by(desk).filter(pk=id).first()
    moment = request.POST.get("moment") or request.GET.get("moment", "")
    at = skipping.read(moment)
    if bulletin is None or at is None:
        raise Http404
    context = {"bulletin": bulletin, "moment": moment, "at": at}
    if request.method != "POST":
        return page(request, desk, "skip.html", context)
    done = skipping.skip(bulletin, [moment], desk.person, timezone.now())
    if isinstance(done, Refusal):
        return page(request, desk, "skip.html", {**context, "fault": text(done)}, status=422)
    messages.success(
        request, _("Đã trình bản bỏ lần phát này. Có hiệu lực khi người duyệt phê duyệt.")
    )
    return redirect("console:bulletin", bulletin.id)


def _first(request: HttpRequest, today: date) -> date:
    try:
        asked = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return today
    return min(max(asked, today), today + _FURTHEST)


def _asked(request: HttpRequest, desk: Desk) -> tuple[Area | None, list[Node]]:
    node = request.GET.get("node", "")
    if node:
        seen = Node.objects.filter(reach(desk, "area__path"), pk=node).select_related("area")
        row = seen.first()
        if row is None:
            raise Http404
        return row.area, [row]
    places = areas_within(desk.standing.scopes())
    wanted = request.GET.get("area", "")
    area = places.filter(pk=wanted).first() if wanted else next(iter(desk.places()), None)
    if wanted and area is None:
        raise Http404
    return area, nodes_at(area.path) if area else []


def _search(desk: Desk, words: str) -> list[Area]:
    """Every word somewhere in its name, present or former, diacritics or not."""
    places = named(areas_within(desk.standing.scopes()), words)
    return list(places.order_by("path")[:LISTED]) if words.strip() else []


def _rows(desk: Desk, made: Week) -> dict[str, Bulletin]:
    """{id: row} of those of this person's own: only its author takes one start out."""
    shown: Sequence[Entry] = [e for r in made.rows for c in r.cells for e in c.entries]
    rows = bulletins_seen_by(desk).filter(author=desk.person)
    return rows.in_bulk({entry.bulletin.id for entry in shown}) if shown else {}
