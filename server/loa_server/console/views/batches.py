"""Lô thẻ: a token that lets many cards of one commune wait for being taken in; shown once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from loa_server.areas.models import Area
from loa_server.areas.reach import areas_within, within
from loa_server.areas.tree import open_on
from loa_server.console.clusters import counted
from loa_server.console.desk import Desk
from loa_server.console.forms.where import Twig, grow
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf
from loa_server.console.views.newcomers import act_of, refused, text
from loa_server.dispatch import batches as rules
from loa_server.dispatch.admission import NO_PLACE, ROLES
from loa_server.fleet.models import Batch
from loa_server.refusal import Refusal

FIELDS = {NO_PLACE.code: "area", rules.NO_NAME.code: "name", rules.NO_MEASURE.code: "uses"}
"""The field a refusal stands beside; any other is about the code."""
COMMUNES = ("commune", "ward")


@signed_in
def batches(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = timezone.now()
    found = leaf(request, seen_by(desk).order_by("-made_at"))
    rows = [(batch, rules.over(batch, now)) for batch in found.rows]
    return page(request, desk, "batches.html", {"leaf": found, "rows": rows})


@never_cache
@signed_in
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: area (an id), name, uses, days, code. The answer shows the token, once."""
    _must_take_in(desk)
    if request.method != "POST":
        return _form(request, desk)
    wanted = _wanted(request, desk)
    if isinstance(wanted, Refusal):
        return _form(request, desk, wanted)
    act = act_of(request, desk)
    done = act if isinstance(act, Refusal) else rules.make(wanted, act)
    if isinstance(done, Refusal):
        refused(request, desk, done, "batch")
        return _form(request, desk, done)
    return page(request, desk, "batch_token.html", {"made": done})


@signed_in
def close(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Field: code."""
    batch = seen_by(desk).filter(pk=id, closed_at=None).first()
    if batch is None:
        raise Http404
    if request.method != "POST":
        return page(request, desk, "batch_close.html", {"batch": batch})
    act = act_of(request, desk)
    done = act if isinstance(act, Refusal) else rules.close(batch.pk, act)
    if isinstance(done, Refusal):
        refused(request, desk, done, "batch")
        said = {"batch": batch, "fault": text(done)}
        return page(request, desk, "batch_close.html", said, status=422)
    messages.success(
        request, _("Đã đóng lô. Thẻ nào đã chờ thì vẫn chờ; không thẻ mới nào vào thêm.")
    )
    return redirect("console:batches")


def _must_take_in(desk: Desk) -> None:
    if not desk.standing.scopes(*ROLES):
        raise Http404


def seen_by(desk: Desk) -> QuerySet[Batch]:
    _must_take_in(desk)
    mine = within(desk.standing.scopes(*ROLES), "area__path")
    return Batch.objects.filter(mine).select_related("area", "made_by")


def _wanted(request: HttpRequest, desk: Desk) -> rules.Wanted | Refusal:
    area = _places(desk).filter(pk=request.POST.get("area", "")).first()
    if area is None:
        return NO_PLACE
    try:
        uses, days = (int(request.POST.get(field, "")) for field in ("uses", "days"))
    except ValueError:
        return rules.NO_MEASURE
    return rules.Wanted(area, request.POST.get("name", ""), uses, days)


def _places(desk: Desk) -> QuerySet[Area]:
    """A lot is for a commune; its hamlets are chosen card by card."""
    mine = areas_within(desk.standing.scopes(*ROLES))
    return mine.filter(open_on(desk.standing.today), kind__in=COMMUNES)


def _tree(desk: Desk, chosen: str) -> list[Twig]:
    """Who keeps one commune has nothing to choose."""
    offered = counted(_places(desk))
    return grow(offered, {chosen or (offered[0].area.pk if len(offered) == 1 else "")})


def _form(request: HttpRequest, desk: Desk, fault: Refusal | None = None) -> HttpResponse:
    typed = {key: request.POST.get(key, "") for key in ("area", "name", "uses", "days")}
    said: dict[str, Any] = {
        "tree": _tree(desk, typed["area"]),
        "typed": {**typed, "uses": typed["uses"] or "50", "days": typed["days"] or "30"},
        "fault": text(fault) if fault else "",
        "at": FIELDS.get(fault.code, "code") if fault else "",
    }
    return page(request, desk, "batch_new.html", said, status=422 if fault else 200)
