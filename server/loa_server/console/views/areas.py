"""Writing, step three: who hears it."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.areas.scope import outermost
from loa_server.bulletins.models import Bulletin
from loa_server.console import drafts
from loa_server.console.desk import Desk
from loa_server.console.forms.where import WhereForm, count_nodes, grow
from loa_server.console.pages import page, signed_in
from loa_server.console.steps import draft_of, steps
from loa_server.fleet.models import Node


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    bulletin = draft_of(desk, id)
    offered = offered_to(bulletin)
    nodes = count_nodes(offered, node_paths(offered))
    initial = {
        "version": bulletin.version,
        "areas": list(bulletin.areas.values_list("id", flat=True)),
    }
    form = WhereForm(offered, nodes, request.POST or None, initial=initial)
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
            form = WhereForm(offered, nodes, typed)
        else:
            return redirect("console:when", bulletin.id)
    context = {
        "bulletin": bulletin,
        "form": form,
        "tree": grow(offered, nodes, form.ticked()),
        "steps": steps(bulletin, "areas"),
        "moved_on": moved_on,
    }
    return page(request, desk, "areas.html", context, status=409 if moved_on else 200)


def offered_to(bulletin: Bulletin) -> list[Area]:
    """The places its publisher may speak to, in order of path: its own and all below."""
    return list(Area.objects.filter(within([bulletin.home.path])).order_by("path"))


def node_paths(areas: list[Area]) -> list[str]:
    """Where the working nodes stand, one path each."""
    nodes = Node.objects.filter(
        within(outermost(area.path for area in areas), "area__path"), status=Node.Status.ACTIVE
    )
    return list(nodes.values_list("area__path", flat=True))
