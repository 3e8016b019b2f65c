"""The tree of places by a file: out as a table, back in with a look at what would change."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas import planning, sheets
from loa_server.areas.models import Area
from loa_server.areas.reach import areas_within, within
from loa_server.console.desk import Desk
from loa_server.console.forms.places import ConfirmForm, FileForm
from loa_server.console.pages import page, signed_in
from loa_server.console.views.newcomers import act_of, refused, text
from loa_server.console.views.places import keepers
from loa_server.dispatch import places as rules
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal

MOST_BYTES = 1_000_000
MOST_SHOWN = 200


@signed_in
def as_table(_request: HttpRequest, desk: Desk) -> HttpResponse:
    """To change in Excel and to bring back."""
    areas = areas_within(keepers(desk)).order_by("path")
    answer = HttpResponse(sheets.written(areas), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="dia-ban.csv"'
    return answer


@signed_in
def bring(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: file, since. The answer shows what would change; nothing is stored yet."""
    keepers(desk)
    if request.method != "POST":
        return page(request, desk, "places_import.html", {"form": FileForm()})
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return page(request, desk, "places_import.html", {"form": form}, status=422)
    file = form.cleaned_data["file"]
    if file.size > MOST_BYTES:
        form.add_error("file", _("Tệp lớn quá 1 MB. Một tệp nhiều nhất 5000 dòng."))
        return page(request, desk, "places_import.html", {"form": form}, status=422)
    return _preview(request, desk, file.read(), form.cleaned_data["since"])


@require_POST
@signed_in
def confirm(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: text, since, code."""
    keepers(desk)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return redirect("console:places-import")
    raw, since = form.cleaned_data["text"].encode(), form.cleaned_data["since"]
    read = sheets.read(raw)
    act = act_of(request, desk)
    if read.faults or isinstance(act, Refusal):
        return _preview(request, desk, raw, since, act if isinstance(act, Refusal) else None)
    rows = [row for _line, row in planning.filled(read)]
    done = rules.take_in(rows, since or desk.standing.today, act)
    if isinstance(done, Refusal):
        refused(request, desk, done, "areas")
        return _preview(request, desk, raw, since, done)
    messages.success(request, _("Đã nhập. Số nơi thêm hoặc đổi: %(n)d.") % {"n": done})
    return redirect("console:places")


def _preview(
    request: HttpRequest, desk: Desk, raw: bytes, since: date | None, why: Refusal | None = None
) -> HttpResponse:
    read = sheets.read(raw)
    plan = planning.plan(planning.filled(read), keepers(desk))
    faults = sorted([*read.faults, *plan.faults], key=lambda fault: fault.line)
    touched = [change.row.id for change in plan.changes]
    paths = Area.objects.filter(pk__in=touched).values_list("path", flat=True)
    nodes = Node.objects.filter(within(paths, "area__path"), status=Node.Status.ACTIVE)
    shown = {
        "plan": plan,
        "counts": {what: plan.count(what) for what in ("new", "name", "parent")},
        "changes": plan.changes[:MOST_SHOWN],
        "more": max(0, len(plan.changes) - MOST_SHOWN),
        "faults": [(fault.line, text(fault.why)) for fault in faults],
        "wrong": len(faults),
        "nodes": nodes.count() if touched and len(touched) < MOST_SHOWN else None,
        "form": ConfirmForm(initial={"text": raw.decode("utf-8-sig", "replace"), "since": since}),
        "fault": text(why) if why else "",
    }
    bad = bool(faults or why)
    return page(request, desk, "places_preview.html", shown, status=422 if bad else 200)
