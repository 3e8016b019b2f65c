"""Writing, step three: who hears it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language

from loa_server.areas import groups
from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.areas.scope import ids_of
from loa_server.areas.tree import open_on
from loa_server.bulletins.models import Bulletin
from loa_server.console import drafts
from loa_server.console.desk import Desk
from loa_server.console.forms.where import Place, WhereForm, grow
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, steps
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal
from loa_wire.localtime import LOCAL


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    bulletin = draft_of(desk, id)
    offered = offered_to(bulletin)
    initial = {
        "version": bulletin.version,
        "areas": list(bulletin.areas.values_list("id", flat=True)),
    }
    form = WhereForm(offered, request.POST or None, initial=initial)
    moved_on = False
    fault: Refusal | None = None
    if request.method == "POST" and _about_groups(request):
        form, fault = _grouped(request, bulletin, offered)
    elif request.method == "POST" and form.is_valid():
        try:
            chosen = tuple(area.id for area in form.cleaned_data["areas"])
            drafts.save(
                bulletin,
                form.cleaned_data["version"],
                lambda working: replace(working, areas=chosen),
                desk.person,
                timezone.now(),
            )
        except drafts.MovedOnError:
            moved_on = True
            bulletin.refresh_from_db()
            typed = request.POST.copy()
            typed["version"] = str(bulletin.version)
            form = WhereForm(offered, typed)
        else:
            urgent = bulletin.level == "emergency"  # plays at once: no times to choose
            return redirect("console:check" if urgent else "console:when", bulletin.id)
    context = {
        "bulletin": bulletin,
        "form": form,
        "tree": grow(offered, form.ticked()),
        "steps": steps(bulletin, "areas"),
        "moved_on": moved_on,
        "groups": groups.of(bulletin.home),
        "group_fault": fault.text(get_language() or "vi") if fault else "",
        "group_name": request.POST.get("group_name", "") if fault else "",
    }
    status = 409 if moved_on else 422 if fault else 200
    return page(request, desk, "areas.html", context, status=status)


def _about_groups(request: HttpRequest) -> bool:
    return any(name in request.POST for name in ("pick", "keep", "drop"))


def _grouped(
    request: HttpRequest, bulletin: Bulletin, offered: list[Place]
) -> tuple[WhereForm, Refusal | None]:
    """Ticks a group's places too, keeps the ticked ones as a group, or drops one; nothing of the
    bulletin is saved by that. Fields: pick, keep (with group_name), drop."""
    said = request.POST
    ticked = set(said.getlist("areas"))
    fault: Refusal | None = None
    if "drop" in said:
        groups.drop(bulletin.home, said["drop"])
    elif "keep" in said:
        chosen = [place.area for place in offered if place.area.id in ticked]
        kept = groups.keep(bulletin.home, said.get("group_name", ""), chosen)
        fault = kept if isinstance(kept, Refusal) else None
    else:
        ticked |= groups.places(bulletin.home, said["pick"])
    initial = {"version": said.get("version", bulletin.version), "areas": sorted(ticked)}
    return WhereForm(offered, initial=initial), fault


def offered_to(bulletin: Bulletin) -> list[Place]:
    """The places its publisher may speak to: its own and all below."""
    today = timezone.now().astimezone(LOCAL).date()
    return counted(Area.objects.filter(within([bulletin.home.path]), open_on(today)))


def counted(areas: QuerySet[Area]) -> list[Place]:
    """In order of path, each with the number of working nodes in it and below."""
    working = working_nodes()
    return [Place(area, working[area.id]) for area in areas.order_by("path")]


def working_nodes() -> Counter[str]:
    """Of every area, in it and below. All at once: a count for each place by itself takes long."""
    active = Node.objects.filter(status=Node.Status.ACTIVE).order_by()
    found: Counter[str] = Counter()
    for path, count in active.values_list("area__path").annotate(Count("pk")):
        for area_id in ids_of(path):
            found[area_id] += count
    return found
