"""Tài khoản: who may sign in here, for registrars of the place: made, given roles and relieved
of them, a way back in, a door closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from loa_server.areas import accounts, invitations, secondfactor
from loa_server.areas.accounts import By
from loa_server.areas.models import HAMLETS, Area, Grant, Person
from loa_server.areas.reach import areas_within, within
from loa_server.areas.secondfactor import Proved
from loa_server.areas.tree import open_on
from loa_server.console import doors
from loa_server.console.desk import Desk
from loa_server.console.forms.people import EndForm, PersonForm, RolesForm
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf
from loa_server.refusal import Refusal

Act = Callable[[Person, By], str | Refusal | None]
FIELDS = {
    accounts.BAD_NAME.code: "username",
    accounts.NAME_TAKEN.code: "username",
    accounts.NO_ROLE.code: "areas",
    accounts.NOT_YOUR_PLACE.code: "areas",
    accounts.PAST.code: "until",
}
"""The field a refusal stands beside; any other is about the code."""


@signed_in
def people(request: HttpRequest, desk: Desk) -> HttpResponse:
    """`?q=`: of a name or a user name, without marks."""
    if not desk.holds("registrar"):
        raise Http404
    asked = request.GET.get("q", "").strip()[:80]
    found = seen_by(desk).prefetch_related("grants__area").order_by("username")
    shown = leaf(request, accounts.named(found, asked) if asked else found)
    return page(request, desk, "people.html", {"leaf": shown, "q": asked})


@never_cache
@signed_in
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: full_name, username, roles, areas, until, code. The answer shows the link, once."""
    if not desk.holds("registrar"):
        raise Http404
    form = PersonForm(_offered(desk), request.POST or None)
    fault = ""
    if request.method == "POST" and form.is_valid():
        by, said = _by(desk), form.cleaned_data
        refused = accounts.may_make(said["username"], form.wanted(), by) or _code(request, desk)
        if refused is None:
            made = accounts.make(said["username"], said["full_name"], form.wanted(), by)
            if not isinstance(made, Refusal):
                return _link(request, desk, *made)
            refused = made
        fault = _beside(form, refused)
    return _roles_page(request, desk, form, code_fault=fault)


@signed_in
def person(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    return _page(request, desk, _one(desk, id))


@signed_in
def roles(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Fields: roles, areas, until, code. A role they hold there gets the new last day."""
    who = _one(desk, id)
    form = RolesForm(_offered(desk), request.POST or None)
    fault = ""
    if request.method == "POST" and form.is_valid():
        by = _by(desk)
        refused = accounts.may_give(by, form.wanted(), who) or _code(request, desk)
        refused = refused or accounts.give(who, form.wanted(), by)
        if refused is None:
            return _noted(request, who)
        fault = _beside(form, refused)
    return _roles_page(request, desk, form, who=who, code_fault=fault)


@require_POST
@signed_in
def end(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Fields: grants (ids), until (a day; none: at once), code."""
    who = _one(desk, id)
    form = EndForm(_grants(who), request.POST)
    fault = ""
    if form.is_valid():
        by, ending = _by(desk), form.cleaned_data
        refused = accounts.may_end(by, who, ending["grants"], ending["until"])
        refused = refused or _code(request, desk)
        refused = refused or accounts.end(who, ending["grants"], ending["until"], by)
        if refused is None:
            return _noted(request, who)
        fault = _beside(form, refused, "grants")
    return _page(request, desk, who, end_form=form, end_fault=fault)


@require_POST
@never_cache
@signed_in
def reset(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Field: code, the registrar's own. The answer shows the one-time link, once."""
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


def _by(desk: Desk) -> By:
    return By(desk.person.username, timezone.now(), desk.standing)


def _offered(desk: Desk) -> list[Area]:
    """Down to communes: a role holds in everything below. Hamlets for who has nothing higher."""
    mine = areas_within(desk.standing.scopes("registrar")).filter(open_on(desk.standing.today))
    mine = mine.order_by("path")
    return list(mine.exclude(kind__in=HAMLETS)) or list(mine)


def _grants(who: Person) -> QuerySet[Grant]:
    return who.grants.select_related("area").order_by("area__path", "role")


def _act(request: HttpRequest, desk: Desk, who: Person, act: Act) -> HttpResponse:
    by = _by(desk)
    refused = accounts.may_administer(desk.standing, who.pk, accounts.paths_of(who))
    if refused is not None:
        return _page(request, desk, who, refused=_text(refused))
    fault = _code(request, desk)
    if fault is not None:
        return _page(request, desk, who, code_fault=_text(fault))
    done = act(who, by)
    if isinstance(done, Refusal):
        return _page(request, desk, who, refused=_text(done))
    return _link(request, desk, who, done) if done else _noted(request, who)


def _code(request: HttpRequest, desk: Desk) -> Refusal | None:
    """What is wrong with the code in the form; a right one is spent."""
    if doors.locked(request, desk.person):
        return doors.LOCKED
    proved = secondfactor.prove(desk.person, request.POST.get("code", ""), timezone.now())
    if isinstance(proved, Proved):
        return None
    doors.wrong_code(request, desk.person, proved, "account")
    return proved


def _link(request: HttpRequest, desk: Desk, who: Person, token: str) -> HttpResponse:
    link = settings.LOA.console_url + reverse("console:welcome", args=[token])
    shown = {
        "who": who,
        "link": link,
        "picture": segno.make(link, error="m").svg_data_uri(scale=4, border=2),
        "until": timezone.now() + invitations.LIFE,
    }
    return page(request, desk, "person_link.html", shown)


def _noted(request: HttpRequest, who: Person) -> HttpResponse:
    messages.success(request, _("Đã ghi nhận."), extra_tags="good")
    return redirect("console:person", who.pk)


def _beside(form: RolesForm | EndForm, refused: Refusal, place: str = "areas") -> str:
    """Puts it beside its field; what is about the code comes back."""
    field = FIELDS.get(refused.code)
    if field is None:
        return _text(refused)
    form.add_error(place if field == "areas" else field, _text(refused))
    return ""


def _roles_page(
    request: HttpRequest,
    desk: Desk,
    form: RolesForm,
    who: Person | None = None,
    code_fault: str = "",
) -> HttpResponse:
    own = who is not None and who.pk == desk.person.pk
    context = {"form": form, "who": who, "code_fault": code_fault, "plain_tree": True, "own": own}
    faulty = bool(form.errors or code_fault)
    return page(request, desk, "person_roles.html", context, status=422 if faulty else 200)


def _page(request: HttpRequest, desk: Desk, who: Person, **said: Any) -> HttpResponse:
    refused = accounts.may_administer(desk.standing, who.pk, accounts.paths_of(who))
    grants = [_shown(desk, grant) for grant in _grants(who)]
    context = {
        "who": who,
        "grants": grants,
        "own": who.pk == desk.person.pk,
        "can_end": any(here and not over for _grant, over, here in grants),
        "left": who.recovery_codes.count(),
        "why_not": _text(refused) if refused else "",
        "end_form": EndForm(_grants(who)),
        **said,
    }
    return page(request, desk, "person.html", context, status=422 if said else 200)


def _shown(desk: Desk, grant: Grant) -> tuple[Grant, bool, bool]:
    """With whether it is over, and whether it lies where this registrar may end it."""
    over = grant.until is not None and grant.until < desk.standing.today
    return grant, over, desk.standing.may("registrar", grant.area.path)


def _text(refusal: Refusal) -> str:
    return refusal.text(get_language() or "vi")
