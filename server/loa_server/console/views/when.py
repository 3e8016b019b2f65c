"""Writing, step four: when it plays, with the sentence and the next occurrences."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from loa_server.bulletins.models import Bulletin
from loa_server.console import drafts, plain
from loa_server.console.desk import Desk
from loa_server.console.forms.when import WhenForm
from loa_server.console.pages import page, signed_in
from loa_server.console.slots import slots_for
from loa_server.console.steps import draft_of, steps
from loa_wire.bulletin import Schedule
from loa_wire.localtime import LOCAL

SHOWN = 5


@signed_in
def edit(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    bulletin = draft_of(desk, id)
    now = timezone.now()
    form = _form(bulletin, now, request.POST or None, initial=as_typed(bulletin))
    moved_on = False
    if request.method == "POST" and form.is_valid():
        try:
            drafts.save(
                bulletin,
                form.cleaned_data["version"],
                lambda working: replace(
                    working,
                    schedule=msgspec.to_builtins(form.schedule),
                    expires_at=form.expires_at,
                ),
                desk.person,
                now,
            )
        except drafts.MovedOnError:
            moved_on = True
            bulletin.refresh_from_db()
            typed = request.POST.copy()
            typed["version"] = str(bulletin.version)
            form = _form(bulletin, now, typed)
        else:
            return redirect("console:check", bulletin.id)
    context = {"bulletin": bulletin, "form": form, "steps": steps(bulletin, "when")}
    context |= {"moved_on": moved_on, **_foreseen(bulletin, now)}
    return page(request, desk, "when.html", context, status=409 if moved_on else 200)


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
    return foresee(schedule, plain.starts(schedule, slots_for(bulletin), now, end), end, now)


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
        "plays": schedule.plays,
        "late": str(schedule.late.play_within_s if schedule.late else 0),
    }
    if schedule.repeat is not None:
        values |= {"repeat": str(schedule.repeat.times), "gap": schedule.repeat.gap_s // 60}
    if bulletin.expires_at is not None:
        values["ends_at"] = bulletin.expires_at.astimezone(LOCAL).replace(tzinfo=None)
    return values
