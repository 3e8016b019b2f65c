"""Khẩn cấp: the room, an alarm written on one page, and the board of who has heard it by now."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language

from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.areas.tree import open_on
from loa_server.bulletins import services
from loa_server.bulletins.models import Revision
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Working
from loa_server.console import branches, duty, urgency
from loa_server.console.clusters import counted
from loa_server.console.desk import Desk
from loa_server.console.forms.alarm import AlarmForm
from loa_server.console.forms.where import WhereForm
from loa_server.console.pages import page, signed_in
from loa_server.console.reading import read
from loa_server.console.together import together
from loa_server.console.views.ledger import rows_of, seen
from loa_server.dispatch.hushing import HUSHERS

ROLES = ("author", *HUSHERS)


@signed_in
def emergency(request: HttpRequest, desk: Desk) -> HttpResponse:
    if not desk.standing.scopes(*ROLES):
        raise Http404
    found = urgency.room(desk)
    homes = desk.places("author")
    context = {
        **found,
        "counts": urgency.counts(found["running"]),
        "may_write": bool(homes),
        "answered": bool(homes) and duty.answers_for(homes),
        "may_hush": bool(desk.standing.scopes(*HUSHERS)),
    }
    return page(request, desk, "emergency.html", context)


@signed_in
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: alert, title_<lang>, text_<lang>, areas (ids), times, gap."""
    homes = desk.places("author")
    if not homes or not duty.answers_for(homes):
        raise Http404
    today = desk.standing.today
    inside = within([home.path for home in homes])
    offered = Area.objects.filter(inside, open_on(today))
    ticked = request.POST.getlist("areas")[:500]
    asked = counted(offered.filter(pk__in=ticked)) if ticked else []
    sent = request.method == "POST" and not branches.is_asked(request)
    form = AlarmForm(homes, request.POST if sent else None, initial=request.POST.dict() or None)
    where = WhereForm(asked, _lists(request) if sent else None)
    if sent and all([form.is_valid(), where.is_valid()]):
        made = _create(desk, homes, form, where.cleaned_data["areas"])
        if not isinstance(made, Refusal):
            return redirect("console:media", made)
        form.add_error(None, made.text(get_language() or "vi"))
    shown = branches.branches(request, offered, ticked)
    faulty = bool(form.errors or where.errors)
    context = {"form": form, "where": where, "branches": shown}
    return page(request, desk, "emergency_new.html", context, status=422 if faulty else 200)


def _lists(request: HttpRequest) -> dict[str, object]:
    return {"version": "0", "areas": request.POST.getlist("areas")}


def _create(desk: Desk, homes: list[Area], form: AlarmForm, areas: list[Area]) -> str | Refusal:
    chosen = form.cleaned_data.get("home")
    around = (h for h in homes if all(area.path.startswith(h.path) for area in areas))
    home = chosen or next(around, homes[0])
    working = Working(
        title=form.texts("title"),
        text=form.texts("text"),
        areas=tuple(area.id for area in areas),
        schedule=form.schedule(),
        level="emergency",
        alert=form.cleaned_data["alert"],
        genre=form.genre_of_alert(),
    )
    return services.create(desk.person, home.id, working, timezone.now())


@signed_in
def board(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Who has heard it, second by second; of a drill too. `?part=board`: what changes of it."""
    row = seen(desk, id)
    if row.level != "emergency" and row.kind != "drill":
        raise Http404
    asked = Revision.objects.filter(bulletin=row, envelope__isnull=False)
    revision = asked.select_related("envelope").order_by("-rev").first()
    signed = revision.envelope.published_at if revision else None
    now = timezone.now()
    context = {
        "bulletin": row,
        "board": urgency.board(rows_of(desk, row), signed),
        "signed": signed,
        "since": int((now - signed).total_seconds()) if signed else None,
        "wide": urgency.LINE_S,
    }
    if request.GET.get("part") == "board":
        return render(request, "console/board_part.html", context)
    reading = read(bytes(revision.payload)) if revision else None
    schedule = reading.bulletin.schedule if reading else None
    context |= {
        "reading": reading,
        "repeat": urgency.next_repeat(schedule, signed, now),
        **duty.standing_of(desk, row, together(**duty.questions(row))),
    }
    return page(request, desk, "board.html", context)
