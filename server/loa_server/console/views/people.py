"""Tài khoản: who may sign in here, for registrars of the place; a way back in, a door closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas import accounts, secondfactor
from loa_server.areas.models import Grant, Person
from loa_server.areas.reach import within
from loa_server.areas.secondfactor import Proved
from loa_server.console import doors
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf
from loa_server.refusal import Refusal

Act = Callable[[Person, str, datetime], str | None]


@signed_in
def people(request: HttpRequest, desk: Desk) -> HttpResponse:
    if not desk.holds("registrar"):
        raise Http404
    found = seen_by(desk).prefetch_related("grants__area").order_by("username")
    return page(request, desk, "people.html", {"leaf": leaf(request, found)})


@signed_in
def person(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    return _page(request, desk, _one(desk, id))


@require_POST
@signed_in
def reset(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Field: code, the registrar's own. The answer shows the one-time password, once."""
    return _act(request, desk, _one(desk, id), accounts.reset)


@require_POST
@signed_in
def shut(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Field: code, the registrar's own."""
    return _act(request, desk, _one(desk, id), accounts.shut)


@require_POST
@signed_in
def reopen(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Field: code, the registrar's own."""
    return _act(request, desk, _one(desk, id), accounts.reopen)


def seen_by(desk: Desk) -> QuerySet[Person]:
    """Whoever holds something in the registrar's areas."""
    near = Grant.objects.filter(
        within(desk.standing.scopes("registrar"), "area__path"), person=OuterRef("pk")
    )
    return Person.objects.filter(Exists(near))


def _one(desk: Desk, person_id: int) -> Person:
    found = seen_by(desk).filter(pk=person_id).first()
    if found is None:
        raise Http404
    return found


def _act(request: HttpRequest, desk: Desk, who: Person, act: Act) -> HttpResponse:
    refused = accounts.may_administer(desk.standing, who.pk, accounts.paths_of(who))
    if refused is not None:
        return _page(request, desk, who, refused=_text(refused))
    fault = _fault_of_code(request, desk.person)
    if fault is not None:
        return _page(request, desk, who, code_fault=_text(fault))
    password = act(who, desk.person.username, timezone.now())
    if password is not None:
        return page(request, desk, "person_reset.html", {"who": who, "password": password})
    messages.success(request, _("Đã ghi nhận."), extra_tags="good")
    return redirect("console:person", who.pk)


def _fault_of_code(request: HttpRequest, registrar: Person) -> Refusal | None:
    if doors.locked(request, registrar):
        return doors.LOCKED
    proved = secondfactor.prove(registrar, request.POST.get("code", ""), timezone.now())
    if isinstance(proved, Proved):
        return None
    doors.wrong_code(request, registrar, proved, "account")
    return proved


def _page(request: HttpRequest, desk: Desk, who: Person, **said: Any) -> HttpResponse:
    refused = accounts.may_administer(desk.standing, who.pk, accounts.paths_of(who))
    context = {
        "who": who,
        "grants": who.grants.select_related("area").order_by("area__path", "role"),
        "left": who.recovery_codes.count(),
        "why_not": _text(refused) if refused else "",
        **said,
    }
    return page(request, desk, "person.html", context, status=422 if said else 200)


def _text(refusal: Refusal) -> str:
    return refusal.text(get_language() or "vi")
