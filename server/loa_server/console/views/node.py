"""One node: what it says now and next, how it is; and on a page of its own, what it has done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from loa_server.areas.scope import ids_of
from loa_server.bulletins.models import Bulletin
from loa_server.console import alarms, health, onenode, screens, trying
from loa_server.console.desk import Desk, reach
from loa_server.console.houses import houses
from loa_server.console.onenode import OnScreen
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf
from loa_server.console.rows import held, titles, whole
from loa_server.console.views.files import demo_file, whole_or_part
from loa_server.console.views.newcomers import text
from loa_server.console.week import House
from loa_server.dispatch import admission, orders
from loa_server.dispatch.admission import ROLES
from loa_server.dispatch.models import Manifest
from loa_server.fleet import status
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal
from loa_wire.localtime import LOCAL


@signed_in
def node(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """`?part=now`: what changes from minute to minute, as a piece of the page."""
    there, told = alarms.beside(_asked(desk, id))
    row = there.get(id)
    if row is None:
        raise Http404
    now = timezone.now()
    line = _line(row, now)
    active = row.status == Node.Status.ACTIVE
    house = houses([row], now)[0] if active else None
    current = {
        **(_programme(house, line, now) if house else {}),
        "node": row,
        "line": line,
        "alarms": told.get(row.pk, []),
        "screen": demo_file("screen_picture", row.id),
    }
    if request.GET.get("part") == "now":
        return render(request, "console/node_now.html", current)
    context = {
        **current,
        **_papers(desk, row),
        "before": admission.history(row)[1:],
        **trying.context(desk, row, now, house),
        "late": status.LATE,
        "offline": status.OFFLINE,
        "sound": demo_file("loudspeaker_wav", row.id),
    }
    return page(request, desk, "node.html", context)


@signed_in
def history(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """`?page=`. Of this place: also what the cards before this one told."""
    row = seen(desk, id)
    now = timezone.now()
    named = told_by(row)
    ended = named.filter(fact="ended", at__gte=now - timedelta(days=onenode.DAYS))
    days = onenode.proved(
        ended.values_list("at", "result", "evidence"), now.astimezone(LOCAL).date()
    )
    context = {
        "node": row,
        "days": days,
        "wide": onenode.DAYS * onenode.WIDE,
        "levels": onenode.together(days),
        "leaf": leaf(request, named),
    }
    return page(request, desk, "node_history.html", context)


def told_by(row: Node) -> QuerySet[Any]:
    """Every fact of a place, the newest first, with the bulletin's `title`."""
    kept = row.facts.model.objects  # facts are the ingest's: reached by the node they are of
    told = kept.filter(node__in=[one.pk for one in admission.history(row)])
    title = Bulletin.objects.filter(id=OuterRef("bulletin")).values("title")[:1]
    found: QuerySet[Any] = told.annotate(title=Subquery(title)).order_by("-received_at", "-seq")
    return found


@signed_in
def wall(request: HttpRequest, desk: Desk, id: str) -> HttpResponseBase:  # noqa: A002
    """What its screen shows now, drawn when it is first asked for, so that no page waits for it."""
    row, now = seen(desk, id), timezone.now()
    if row.status != Node.Status.ACTIVE:
        raise Http404
    line, house = _line(row, now), houses([row], now)[0]
    _shown, asked = _on_screen(house, line, int(now.timestamp() * 1000))
    found = screens.wall(asked, desk.person)
    if found is None or not found.pages:
        raise Http404
    answer = whole_or_part(request, found.folder / "1.png", "image/png")
    seconds = screens.STEP // 1000 if request.GET.get("of") == screens.mark(asked) else 0
    answer.headers["Cache-Control"] = f"private, max-age={seconds}"
    return answer


@signed_in
def order(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """POST: verb, why. GET: what was tried and answered, as a piece of the page."""
    row = seen(desk, id)
    now = timezone.now()
    if request.method != "POST":
        return page(
            request, desk, "node_orders.html", {"node": row, **trying.context(desk, row, now)}
        )
    verb, why = request.POST.get("verb", ""), request.POST.get("why", "")
    done = orders.order(row, verb, desk.person, now, why)
    if isinstance(done, Refusal):
        context = {"node": row, "fault": text(done), "typed": why, **trying.context(desk, row, now)}
        return page(request, desk, "node_try.html", context, status=422)
    return redirect(f"{reverse('console:node', args=[row.pk])}#try")


def seen(desk: Desk, id: str) -> Node:  # noqa: A002
    row: Node | None = _asked(desk, id).first()
    if row is None:
        raise Http404
    return row


def _asked(desk: Desk, id: str) -> QuerySet[Any]:  # noqa: A002
    return whole(Node.objects.filter(reach(desk, "area__path"), id=id))


def _line(row: Node, now: Any) -> health.Line:
    manifests = dict(
        Manifest.objects.filter(area_id__in=ids_of(row.area.path)).values_list("area_id", "version")
    )
    return health.line(row, held([row])[row.pk], titles([row]), now, manifests)


def _programme(house: House, line: health.Line, now: Any) -> dict[str, Any]:
    """What sounds and shows, now and next, as its own rules say."""
    ms = int(now.timestamp() * 1000)
    shown, asked = _on_screen(house, line, ms)
    return {
        "coming": onenode.coming(house, ms),
        "on_screen": shown,
        "drawn": screens.mark(asked),
        "drawn_at": asked["now_ms"],
        "hours": onenode.volumes(house, ms),
        "languages": house.settings.languages,
        "here": now.astimezone(LOCAL).hour,
    }


def _on_screen(house: House, line: health.Line, ms: int) -> tuple[OnScreen, screens.Asked]:
    """In words, and what a picture of it is drawn from."""
    shown = onenode.on_screen(house, onenode.playing(house, line.sounding), ms)
    return shown, screens.of_node(house, shown, ms, online=line.presence == "online")


def _papers(desk: Desk, row: Node) -> dict[str, Any]:
    """Which card this is, who took it in, what may be done with it."""
    keys = list(row.enrolments.select_related("approved_by").order_by("-first_at"))
    active = row.status == Node.Status.ACTIVE
    return {
        "card": keys[0] if keys else None,
        "taken_in": next((key for key in keys if key.approved_by), None),
        "until": max((admission.cert_ends(key) for key in keys if key.cert), default=None),
        "successor": None if active else Node.objects.filter(succeeds=row).first(),
        "may_change": active and any(desk.standing.may(r, row.area.path) for r in ROLES),
    }
