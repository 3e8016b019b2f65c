"""Thêm điểm phát: type the code that a new card shows, see what card it is, choose its place."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loa_server.areas.models import Area
from loa_server.areas.reach import areas_within, within
from loa_server.areas.secondfactor import REFUSALS
from loa_server.areas.tree import open_on
from loa_server.console import doors
from loa_server.console.clusters import counted
from loa_server.console.desk import Desk
from loa_server.console.forms.where import grow
from loa_server.console.pages import page, signed_in
from loa_server.dispatch import admission
from loa_server.dispatch.admission import ROLES, Act
from loa_server.fleet.models import Enrolment
from loa_server.refusal import Refusal
from loa_wire.claim import grouped

MOST_LISTED = 200


@signed_in
def add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """GET field: claim. POST fields: claim, area (an id), name, code; do: accept, decline."""
    if not desk.standing.scopes(*ROLES):
        raise Http404
    typed = request.POST.get("claim") or request.GET.get("claim", "")
    if not typed:
        return page(request, desk, "add.html", {"waiting": _waiting(desk)})
    row = admission.find(typed, desk.person, timezone.now())
    if isinstance(row, Refusal):
        said = {"waiting": _waiting(desk), "claim": typed, "fault": text(row)}
        return page(request, desk, "add.html", said, status=422)
    if request.method != "POST":
        return _confirm(request, desk, row)
    if request.POST.get("do") == "decline":
        return _decline(request, desk, row)
    return _accept(request, desk, row)


def _accept(request: HttpRequest, desk: Desk, row: Enrolment) -> HttpResponse:
    area = Area.objects.filter(pk=request.POST.get("area", "")).first()
    act = act_of(request, desk)
    if isinstance(act, Refusal):
        return _confirm(request, desk, row, act)
    done = admission.accept(row.claim, area, request.POST.get("name", ""), act)
    if isinstance(done, Refusal):
        refused(request, desk, done, "enrol")
        return _confirm(request, desk, row, done)
    messages.success(
        request, _("Đã nhận. Thẻ tự lấy chứng chỉ trong ít giây rồi báo về; hãy để thẻ bật.")
    )
    return redirect("console:node", done.id)


def _decline(request: HttpRequest, desk: Desk, row: Enrolment) -> HttpResponse:
    act = act_of(request, desk)
    if isinstance(act, Refusal):
        return _confirm(request, desk, row, act)
    done = admission.decline(row.claim, act)
    if isinstance(done, Refusal):
        refused(request, desk, done, "enrol")
        return _confirm(request, desk, row, done)
    messages.success(request, _("Đã từ chối thẻ này. Muốn dùng lại phải tạo khóa mới trên thẻ."))
    return redirect("console:add")


def _confirm(
    request: HttpRequest, desk: Desk, row: Enrolment, fault: Refusal | None = None
) -> HttpResponse:
    scopes = [row.batch.area.path] if row.batch else desk.standing.scopes(*ROLES)
    mine = within(desk.standing.scopes(*ROLES)) & open_on(desk.standing.today)
    chosen = request.POST.get("area", "")
    said: dict[str, Any] = {
        "card": row,
        "code_shown": grouped(row.claim),
        "tree": grow(counted(areas_within(scopes).filter(mine)), {chosen}),
        "name": request.POST.get("name", ""),
        "fault": text(fault) if fault else "",
    }
    return page(request, desk, "add_confirm.html", said, status=422 if fault else 200)


def _waiting(desk: Desk) -> list[tuple[Enrolment, str]]:
    """Cards that came with a batch's token of this person's area; others only by their code."""
    mine = within(desk.standing.scopes(*ROLES), "batch__area__path")
    rows = Enrolment.objects.filter(mine, state=Enrolment.State.PENDING)
    listed = rows.select_related("batch__area").order_by("first_at")[:MOST_LISTED]
    return [(row, grouped(row.claim)) for row in listed]


def act_of(request: HttpRequest, desk: Desk) -> Act | Refusal:
    """With the code typed in field `code`; nobody may try one after the other."""
    if doors.locked(request, desk.person):
        return doors.LOCKED
    return Act(desk.person, request.POST.get("code", ""), timezone.now())


def refused(request: HttpRequest, desk: Desk, done: Refusal, during: str) -> None:
    if done.code in REFUSALS:
        doors.wrong_code(request, desk.person, done, during)


def text(refusal: Refusal) -> str:
    return refusal.text(get_language() or "vi")
