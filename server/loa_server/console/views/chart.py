"""The map: outlines of places and every node as a point, by state; no tiles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Func, IntegerField
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.areas import outlines
from loa_server.areas.models import Outline
from loa_server.areas.reach import areas_within
from loa_server.console import sieve
from loa_server.console.desk import Desk, reach
from loa_server.console.forms.places import OutlineForm
from loa_server.console.pages import page, signed_in
from loa_server.console.templatetags.console import place
from loa_server.console.views.newcomers import act_of, refused, text
from loa_server.console.views.node import seen
from loa_server.console.views.places import keepers
from loa_server.dispatch import drawing
from loa_server.dispatch.places import KEEPERS, NOT_YOURS
from loa_server.fleet import status
from loa_server.refusal import Refusal

BESIDE = 50
"""Rows of the table beside the map; the list has all of them."""


@signed_in
def chart(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The same filter as the list's, in the address."""
    asked = sieve.read(request.GET)
    now = timezone.now()
    found = sieve.chosen(sieve.sifted(desk, asked, _place(desk, asked), now), asked.state)
    context = {
        "asked": asked,
        "rows": list(found.select_related("area")[:BESIDE]),
        "presences": sieve.PRESENCES,
        "late": status.LATE,
        "offline": status.OFFLINE,
        "may_draw": bool(desk.standing.scopes(*KEEPERS)),
    }
    return page(request, desk, "map.html", context)


@signed_in
def points(request: HttpRequest, desk: Desk) -> HttpResponse:
    """{"nodes": [[id, lat, lon, presence, name, heard, online, every_s], …],
    "areas": [[name, polygons], …], "lost": n}; heard in whole seconds since 1970, 0 for never.
    """
    asked = sieve.read(request.GET)
    found = sieve.sifted(desk, asked, _place(desk, asked), timezone.now())
    found = sieve.chosen(found, asked.state).order_by()
    drawn = Outline.objects.filter(reach(desk, "area__path")).select_related("area")
    shapes = {row.area_id: row for row in drawn}
    middles = {area: outlines.middle(row.polygons) for area, row in shapes.items()}
    nodes, lost = [], 0
    heard = Coalesce(Func("seen_at", function="unixepoch", output_field=IntegerField()), 0)
    columns = ("lat", "lon", "area_id", "pk", "presence", "name", "heard", "online", "every_s")
    for lat, lon, area, pk, *said in found.annotate(heard=heard).values_list(*columns):
        at = (lat, lon) if lat is not None else middles.get(area)
        if at is None:
            lost += 1
        else:
            nodes.append([pk, *at, *said])
    areas = [[str(place(row.area)), row.polygons] for row in shapes.values()]
    return JsonResponse(
        {"nodes": nodes, "areas": areas, "lost": lost}, json_dumps_params={"separators": (",", ":")}
    )


def _place(desk: Desk, asked: sieve.Sieve) -> Any:
    mine = areas_within(desk.standing.scopes())
    return mine.filter(pk=asked.area).first() if asked.area else None


@signed_in
def draw(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: file, code."""
    keepers(desk)
    if request.method != "POST":
        return page(request, desk, "map_draw.html", {"form": OutlineForm()})
    form = OutlineForm(request.POST, request.FILES)
    if not form.is_valid():
        return page(request, desk, "map_draw.html", {"form": form}, status=422)
    read = outlines.read(form.cleaned_data["file"].read(outlines.MOST_BYTES + 1))
    if isinstance(read, Refusal):
        form.add_error("file", text(read))
        return page(request, desk, "map_draw.html", {"form": form}, status=422)
    act = act_of(request, desk)
    done = act if isinstance(act, Refusal) else drawing.draw(read, act)
    if isinstance(done, Refusal):
        refused(request, desk, done, "areas")
        mine = done.code == NOT_YOURS.code
        if mine:
            form.add_error("file", text(done))
        shown = {"form": form, "fault": "" if mine else text(done)}
        return page(request, desk, "map_draw.html", shown, status=422)
    messages.success(request, _("Đã ghi ranh giới. Số nơi: %(n)d.") % {"n": done})
    return redirect("console:map")


@signed_in
def point(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Field: point ("lat, lon"; empty takes it away)."""
    row = seen(desk, id)
    typed = request.POST.get("point", "")
    if request.method == "POST":
        why = drawing.point(row, typed, desk.person, timezone.now())
        if why is None:
            messages.success(request, _("Đã ghi vị trí trên bản đồ."))
            return redirect("console:node", row.pk)
        shown = {"node": row, "typed": typed, "fault": text(why)}
        return page(request, desk, "node_point.html", shown, status=422)
    held = f"{row.lat}, {row.lon}" if row.lat is not None else ""
    return page(request, desk, "node_point.html", {"node": row, "typed": held})
