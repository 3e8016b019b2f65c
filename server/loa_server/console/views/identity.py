"""A node's identity: thu hồi, and cùng chỗ, thẻ mới. One page each that says what will happen."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from loa_server.areas.reach import within
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.views.newcomers import act_of, refused, text
from loa_server.dispatch import admission
from loa_server.dispatch.admission import ROLES
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal


@signed_in
def revoke(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: reason, code."""
    return _end(request, desk, theirs(desk, id), "revoke")


@signed_in
def replace(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: claim, reason, code."""
    return _end(request, desk, theirs(desk, id), "replace")


def theirs(desk: Desk, node_id: str) -> Node:
    """An active node where this person may take in and revoke."""
    mine = within(desk.standing.scopes(*ROLES), "area__path")
    found = Node.objects.filter(mine, pk=node_id, status=Node.Status.ACTIVE)
    node = found.select_related("area").first()
    if node is None:
        raise Http404
    return node


def _end(request: HttpRequest, desk: Desk, node: Node, verb: str) -> HttpResponse:
    claim = request.POST.get("claim", request.GET.get("claim", ""))
    reason = request.POST.get("reason", "")
    context = {"node": node, "verb": verb, "claim": claim, "reason": reason}
    if request.method != "POST":
        return page(request, desk, "revoke.html", context)
    act = act_of(request, desk)
    if isinstance(act, Refusal):
        return page(request, desk, "revoke.html", {**context, "fault": text(act)}, status=422)
    if verb == "revoke":
        done = admission.revoke(node.id, reason, act)
    else:
        done = admission.replace(node.id, claim, reason, act)
    if isinstance(done, Refusal):
        refused(request, desk, done, verb)
        return page(request, desk, "revoke.html", {**context, "fault": text(done)}, status=422)
    messages.success(
        request,
        _("Đã thu hồi. Máy chủ truyền tin khóa thẻ này trong ít giây.")
        if verb == "revoke"
        else _("Thẻ mới thay thẻ cũ tại chỗ này; thẻ cũ đã bị thu hồi."),
    )
    return redirect("console:node", done.id)
