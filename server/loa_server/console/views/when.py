"""Writing, step four: when it plays, with the sentence and the next occurrences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.bulletins.models import Bulletin
from loa_server.console import conflicts, days, drafts, plain, settling
from loa_server.console.desk import Desk
from loa_server.console.forms.when import WhenForm
from loa_server.console.houses import usual_settings
from loa_server.console.pages import page, signed_in
from loa_server.console.settling import Choice
from loa_server.console.slots import slots_for
from loa_server.console.steps import draft_of, steps
from loa_wire.bulletin import Schedule
from loa_wire.localtime import LOCAL

SHOWN = 5
MOVED_ON = "moved_on"


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Field settle: append, move|<clock>|<bulletin> or override|<bulletin>, where times clash."""
    bulletin = draft_of(desk, id)
    now = timezone.now()
    form = _form(bulletin, now, request.POST or None, initial=as_typed(bulletin))
    if request.method != "POST" or not form.is_valid():
        return _page(request, desk, bulletin, form)
    assert form.schedule is not None  # noqa: S101 - it is valid
    found = settling.case(bulletin, form.schedule, form.expires_at, now)
    offered = settling.choices(found, desk.person, now)
    how, _bar, which = request.POST.get("settle", "").partition("|")
    if offered and how not in conflicts.SETTLEMENTS:
        return _page(request, desk, bulletin, form, offered)
    if found and how == "move":
        return _page(request, desk, bulletin, *_moved(request, bulletin, offered, which, now))
    if found and how == "override":
        refused = settling.override(found, which, desk.person, now)
        if refused is not None:
            fault = refused.text(get_language() or "vi")
            return _page(request, desk, bulletin, form, offered, fault)
        messages.success(request, _("Bản kia đã trình bản sửa bỏ các lần trùng, chờ người duyệt."))
    return _save(request, desk, bulletin, form, now)


def _save(
    request: HttpRequest, desk: Desk, bulletin: Bulletin, form: WhenForm, now: datetime
) -> HttpResponse:
    try:
        drafts.save(
            bulletin,
            form.cleaned_data["version"],
            lambda working: replace(
                working,
                schedule=_kept(working.schedule) | msgspec.to_builtins(form.schedule),
                expires_at=form.expires_at,
            ),
            desk.person,
            now,
        )
    except drafts.MovedOnError:
        bulletin.refresh_from_db()
        typed = request.POST.copy()
        typed["version"] = str(bulletin.version)
        return _page(request, desk, bulletin, _form(bulletin, now, typed), fault=MOVED_ON)
    return redirect("console:check", bulletin.id)


def _kept(schedule: Mapping[str, Any]) -> dict[str, Any]:
    """What this form does not ask for: the starts that were left out one by one."""
    return {"skip_times": schedule["skip_times"]} if schedule.get("skip_times") else {}


def _moved(
    request: HttpRequest, bulletin: Bulletin, offered: list[Choice], which: str, now: datetime
) -> tuple[WhenForm, list[Choice]]:
    """The form with this time behind the other; nothing is saved before the person has seen it."""
    typed = request.POST.copy()
    for choice in offered:
        if choice.key == which:
            typed.setlist("times", conflicts.moved(typed.getlist("times"), choice.clash))
    form = _form(bulletin, now, typed)
    return form, [choice for choice in offered if choice.key != which]


def _page(
    request: HttpRequest,
    desk: Desk,
    bulletin: Bulletin,
    form: WhenForm,
    choices: list[Choice] | None = None,
    fault: str = "",
) -> HttpResponse:
    context = {
        "bulletin": bulletin,
        "form": form,
        "steps": steps(bulletin, "when"),
        "moved_on": fault == MOVED_ON,
        "choices": choices or [],
        "fault": fault,
        **_shown(bulletin, form),
    }
    status = 409 if fault == MOVED_ON else 422 if fault else 200
    return page(request, desk, "when.html", context, status=status)


def _shown(bulletin: Bulletin, form: WhenForm) -> dict[str, Any]:
    """What the form says where it says something whole, else what is saved."""
    now = timezone.now()
    if form.is_bound and form.is_valid() and form.schedule is not None:
        return foresee(form.schedule, form.upcoming(), form.end, now)
    return _foreseen(bulletin, now)


@require_POST
@signed_in
def preview(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """The sentence for what stands in the form now; saves nothing."""
    bulletin = draft_of(desk, id)
    now = timezone.now()
    form = _form(bulletin, now, request.POST)
    context: dict[str, Any] = {"faults": []}
    if form.is_valid() and form.schedule is not None:
        context = foresee(form.schedule, form.upcoming(), form.end, now)
        found = settling.case(bulletin, form.schedule, form.expires_at, now)
        context["choices"] = settling.choices(found, desk.person, now)
    else:
        context["faults"] = [str(fault) for faults in form.errors.values() for fault in faults]
    return render(request, "console/foreseen.html", context)


def _form(bulletin: Bulletin, now: datetime, *args: Any, **kwargs: Any) -> WhenForm:
    slots = slots_for(bulletin)
    return WhenForm(*args, level=bulletin.level, now=now, slots=slots, **kwargs)


def _foreseen(bulletin: Bulletin, now: datetime) -> dict[str, Any]:
    """What is saved, as a sentence; nothing before the first save."""
    return foreseen(bulletin, now) if bulletin.schedule else {}


def foreseen(bulletin: Bulletin, now: datetime) -> dict[str, Any]:
    schedule = msgspec.convert(bulletin.schedule, Schedule)
    end = bulletin.expires_at or plain.end_of(schedule, bulletin.level, now)
    slots = slots_for(bulletin) if schedule.mode == "slots" else usual_settings()
    return foresee(schedule, plain.starts(schedule, slots, now, end), end, now)


def foresee(
    schedule: Schedule, starts: list[int], end: datetime | None, now: datetime
) -> dict[str, Any]:
    lines = plain.upcoming(starts[:SHOWN], now)
    return {
        "sentence": plain.when(schedule),
        "upcoming": lines,
        "more": max(0, len(starts) - SHOWN),
        "odd_hours": any(line.odd_hour for line in plain.upcoming(starts, now)),
        "end": end,
        "mode": schedule.mode,
    }


def as_typed(bulletin: Bulletin) -> dict[str, Any]:
    """A saved schedule as the form's initial values."""
    values: dict[str, Any] = {"version": bulletin.version}
    if not bulletin.schedule:
        return values
    schedule = msgspec.convert(bulletin.schedule, Schedule)
    values |= {
        "mode": schedule.mode,
        "times": schedule.times,
        "weekdays": [str(day) for day in schedule.weekdays],
        "from": schedule.start,
        "until": schedule.until,
        "skip": days.written(schedule.skip_dates),
        "extra": days.written(schedule.extra_dates),
        "plays": schedule.plays,
        "late": str(schedule.late.play_within_s if schedule.late else 0),
    }
    if schedule.repeat is not None:
        values |= {"repeat": str(schedule.repeat.times), "gap": schedule.repeat.gap_s // 60}
    if bulletin.expires_at is not None:
        values["ends_at"] = bulletin.expires_at.astimezone(LOCAL).replace(tzinfo=None)
    return values
