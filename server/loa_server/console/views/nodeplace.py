"""Chuyển điểm phát: the same card at another place. Its assignment is signed anew; nobody climbs
up with a memory card."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from loa_server.areas.models import HAMLETS, Area
from loa_server.areas.reach import areas_within, within
from loa_server.areas.tree import open_on
from loa_server.console.clusters import counted
from loa_server.console.desk import Desk
from loa_server.console.forms.places import NodePlaceForm
from loa_server.console.forms.where import grow
from loa_server.console.pages import page, signed_in
from loa_server.console.views.identity import theirs
from loa_server.console.views.newcomers import act_of, refused, text
from loa_server.dispatch import places
from loa_server.dispatch.admission import NO_PLACE, ROLES
from loa_server.refusal import Refusal


@signed_in
def move(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: area (an id), name, code. The places of its commune; with `?all=1` all others too."""
    node = theirs(desk, id)
    offered = areas_within(desk.standing.scopes(*ROLES)).filter(open_on(desk.standing.today))
    initial = {"area": node.area_id, "name": node.name}
    form = NodePlaceForm(offered, request.POST or None, initial=initial)
    fault = ""
    if request.method == "POST" and form.is_valid():
        act, chosen = act_of(request, desk), form.cleaned_data
        done = (
            act
            if isinstance(act, Refusal)
            else places.move_node(node.id, chosen["area"].id, chosen["name"], act)
        )
        if not isinstance(done, Refusal):
            messages.success(request, _("Đã chuyển. Điểm phát tự nhận nơi mới trong ít phút."))
            return redirect("console:node", node.id)
        refused(request, desk, done, "move")
        if done.code == NO_PLACE.code:
            form.add_error("area", text(done))
        else:
            fault = text(done)
    everywhere = bool(request.GET.get("all"))
    near = offered if everywhere else offered.filter(within([_commune(node.area)]))
    shown = {
        "node": node,
        "form": form,
        "fault": fault,
        "everywhere": everywhere,
        "tree": grow(counted(near), {str(form["area"].value() or "")}),
    }
    faulty = bool(form.errors or fault)
    return page(request, desk, "node_move.html", shown, status=422 if faulty else 200)


def _commune(area: Area) -> str:
    """Its path, or that of the place a hamlet lies in."""
    return area.path.removesuffix(f"{area.pk}/") if area.kind in HAMLETS else area.path
