"""Writing, step three: who hears it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language

from loa_server.areas import groups
from loa_server.areas.models import Area, Outline
from loa_server.areas.naming import Called
from loa_server.areas.reach import within
from loa_server.areas.scope import above
from loa_server.areas.tree import open_on
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.services import Working
from loa_server.console import branches, drafts
from loa_server.console.clusters import counted
from loa_server.console.desk import Desk
from loa_server.console.forms.where import Place, WhereForm
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, steps
from loa_server.console.templatetags.console import place
from loa_server.console.together import Rows, together
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal
from loa_wire.localtime import LOCAL


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    bulletin = draft_of(desk, id)
    offered = offered_to(bulletin)
    asked = _asked(request, offered)
    beside = None if request.method == "POST" else _beside(bulletin)
    saved = [area for (area,) in beside["saved"]] if beside else []
    initial = {"version": bulletin.version, "areas": saved}
    form = WhereForm(asked, request.POST or None, initial=initial)
    moved_on = False
    fault: Refusal | None = None
    if request.method == "POST" and (_about_groups(request) or branches.is_asked(request)):
        form, fault = _grouped(request, bulletin, asked)
    elif request.method == "POST" and form.is_valid():
        if _saved(desk, bulletin, form):
            urgent = bulletin.level == "emergency"  # plays at once: no times to choose
            return redirect("console:check" if urgent else "console:when", bulletin.id)
        moved_on = True
        form = _on_the_newest(request, bulletin, asked)
    context = {
        "bulletin": bulletin,
        "form": form,
        "branches": branches.branches(request, offered, form.ticked()),
        "steps": steps(bulletin, "areas"),
        "moved_on": moved_on,
        "groups": _groups((beside or _beside(bulletin))["groups"]),
        "group_fault": fault.text(get_language() or "vi") if fault else "",
        "group_name": request.POST.get("group_name", "") if fault else "",
    }
    status = 409 if moved_on else 422 if fault else 200
    return page(request, desk, "areas.html", context, status=status)


@signed_in
def places(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """{"places": [{"id", "name", "above": [ids], "polygons"} or {…, "lat", "lon"}, …]}: where the
    places of the tree lie, the wider first; what is neither drawn nor measured is not there."""
    del request
    offered = offered_to(draft_of(desk, id)).values("pk")
    columns = ("area_id", "area__kind", "area__name", "area__path")
    drawn = Outline.objects.filter(area__in=offered).order_by("area__path")
    found = [
        {**_named(*named), "polygons": polygons}
        for *named, polygons in drawn.values_list(*columns, "polygons")
    ]
    shown = {place["id"] for place in found}
    stands = Node.objects.filter(status=Node.Status.ACTIVE, lat__isnull=False, area__in=offered)
    for *named, lat, lon in stands.order_by("area__path").values_list(*columns, "lat", "lon"):
        if named[0] not in shown:
            shown.add(named[0])
            found.append({**_named(*named), "lat": lat, "lon": lon})
    return JsonResponse({"places": found}, json_dumps_params={"separators": (",", ":")})


def _named(area: str, kind: str, name: str, path: str) -> dict[str, Any]:
    return {"id": area, "name": place(Called(kind, name)), "above": above(path)}


def _saved(desk: Desk, bulletin: Bulletin, form: WhereForm) -> bool:
    """False: somebody else has saved meanwhile, and nothing was written."""
    chosen = tuple(area.id for area in form.cleaned_data["areas"])
    version = form.cleaned_data["version"]

    def change(working: Working) -> Working:
        return replace(working, areas=chosen)

    try:
        drafts.save(bulletin, version, change, desk.person, timezone.now())
    except drafts.MovedOnError:
        return False
    return True


def _on_the_newest(request: HttpRequest, bulletin: Bulletin, asked: Sequence[Place]) -> WhereForm:
    """What was ticked, to be saved upon what stands now."""
    bulletin.refresh_from_db()
    typed = request.POST.copy()
    typed["version"] = str(bulletin.version)
    return WhereForm(asked, typed)


def _beside(bulletin: Bulletin) -> dict[str, Rows]:
    kept = groups.of(bulletin.home)
    return together(saved=(bulletin.areas.all(), ("id",)), groups=(kept, ("id", "name", "count")))


def _groups(rows: Rows) -> list[dict[str, str]]:
    return [{"pk": pk, "name": name, "count": count} for pk, name, count in sorted(rows, key=_name)]


def _name(row: tuple[str, ...]) -> str:
    return row[1]


def _about_groups(request: HttpRequest) -> bool:
    return any(name in request.POST for name in ("pick", "keep", "drop"))


def _grouped(
    request: HttpRequest, bulletin: Bulletin, offered: Sequence[Place]
) -> tuple[WhereForm, Refusal | None]:
    """Ticks a group's places too, keeps the ticked ones as a group, drops one, or shows more of the
    tree; nothing of the bulletin is saved by that. Fields: pick, keep (with group_name), drop."""
    said = request.POST
    ticked = set(said.getlist("areas"))
    fault: Refusal | None = None
    if "drop" in said:
        groups.drop(bulletin.home, said["drop"])
    elif "keep" in said:
        chosen = [place.area for place in offered if place.area.id in ticked]
        kept = groups.keep(bulletin.home, said.get("group_name", ""), chosen)
        fault = kept if isinstance(kept, Refusal) else None
    elif "pick" in said:
        ticked |= groups.places(bulletin.home, said["pick"])
    initial = {"version": said.get("version", bulletin.version), "areas": sorted(ticked)}
    return WhereForm(offered, initial=initial), fault


def offered_to(bulletin: Bulletin) -> QuerySet[Area]:
    """The places its publisher may speak to: its own and all below."""
    today = timezone.now().astimezone(LOCAL).date()
    return Area.objects.filter(within([bulletin.home.path]), open_on(today))


def _asked(request: HttpRequest, offered: QuerySet[Area]) -> list[Place]:
    """Of the offered ones those that are ticked: what else may be chosen need not be counted."""
    ticked = request.POST.getlist("areas")[:500]
    return counted(offered.filter(pk__in=ticked)) if ticked else []
