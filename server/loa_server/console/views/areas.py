"""Writing, step three: who hears it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import F, Func, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.areas.tree import open_on
from loa_server.bulletins.models import Bulletin
from loa_server.console import drafts
from loa_server.console.desk import Desk
from loa_server.console.forms.where import Place, WhereForm, grow
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, steps
from loa_server.fleet.models import Node
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
    if request.method == "POST" and form.is_valid():
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
    }
    return page(request, desk, "areas.html", context, status=409 if moved_on else 200)


def offered_to(bulletin: Bulletin) -> list[Place]:
    """The places its publisher may speak to: its own and all below."""
    today = timezone.now().astimezone(LOCAL).date()
    return counted(Area.objects.filter(within([bulletin.home.path]), open_on(today)))


def counted(areas: QuerySet[Area]) -> list[Place]:
    """In order of path, each with the number of working nodes in it and below."""
    return [Place(area, area.working) for area in with_working(areas).order_by("path")]


def with_working(areas: QuerySet[Area]) -> Any:
    """Each with `working`: the nodes in it and below."""
    nodes = Node.objects.filter(
        status=Node.Status.ACTIVE,
        area__path__gte=OuterRef("path"),
        area__path__lt=Concat(OuterRef("path"), Value("\x7f")),
    )
    count = nodes.order_by().annotate(all=Func(F("pk"), function="COUNT")).values("all")
    return areas.annotate(working=Subquery(count))
