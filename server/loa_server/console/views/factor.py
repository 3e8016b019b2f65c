"""The second factor of one's own account: setting it up, changing it, new recovery codes."""

from __future__ import annotations

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from pyotp import TOTP

from loa_server.areas import secondfactor, totp
from loa_server.areas.models import Person
from loa_server.areas.sealing import seal, unseal
from loa_server.areas.secondfactor import Proved
from loa_server.console import doors
from loa_server.console.desk import Desk
from loa_server.console.forms.signin import CodeForm
from loa_server.console.pages import page, signed_in
from loa_server.console.views.signin import locked
from loa_server.refusal import Refusal

_NEW = "new_factor"  # in the session, sealed: a secret that no app has confirmed yet


@signed_in
def factor(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Without a factor, or while it is being changed: the new one. Else how it stands."""
    person = desk.person
    if person.totp_secret and _NEW not in request.session:
        return _standing(request, desk)
    secret = _new_secret(request, person)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        step = totp.step_of(
            secret, totp.as_typed(form.cleaned_data["code"]), timezone.now().timestamp()
        )
        if step is not None:
            return _confirmed(request, desk, secret, step)
        form.add_error("code", secondfactor.WRONG.text(get_language() or "vi"))
    must = secondfactor.must_have(person, timezone.now())
    context = {
        "form": form,
        "groups": [secret[i : i + 4] for i in range(0, len(secret), 4)],
        "picture": segno.make(_address(person, secret), error="m").svg_data_uri(scale=5, border=2),
        "secret": secret,
        "changing": bool(person.totp_secret),
        "must": must,
        "bare": must and not person.totp_secret,
    }
    return page(request, desk, "factor_new.html", context)


@require_POST
@signed_in
def change(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Field: code, of the app or a recovery code. The old factor stays until the new one works."""
    refused = _proved(request, desk.person, recovery=True)
    if isinstance(refused, HttpResponse):
        return refused
    if refused is not None:
        return _standing(request, desk, change_fault=refused.text(get_language() or "vi"))
    request.session.pop(_NEW, None)
    _new_secret(request, desk.person)
    return redirect("console:factor")


@require_POST
@signed_in
def codes(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Field: code, of the app."""
    refused = _proved(request, desk.person, recovery=False)
    if isinstance(refused, HttpResponse):
        return refused
    if refused is not None:
        return _standing(request, desk, codes_fault=refused.text(get_language() or "vi"))
    made = secondfactor.new_recovery_codes(desk.person)
    doors.told(request, "recovery_codes_made", desk.person)
    return page(request, desk, "factor_codes.html", {"codes": made})


def _standing(request: HttpRequest, desk: Desk, **faults: str) -> HttpResponse:
    context = {"left": desk.person.recovery_codes.count(), **faults}
    return page(request, desk, "factor.html", context, status=422 if faults else 200)


def _confirmed(request: HttpRequest, desk: Desk, secret: str, step: int) -> HttpResponse:
    """The code that confirmed it is spent; every other session of this person ends."""
    person, first = desk.person, not desk.person.totp_secret
    with transaction.atomic():
        secondfactor.give(person, secret, timezone.now())
        Person.objects.filter(pk=person.pk).update(totp_step=step)
        made = secondfactor.new_recovery_codes(person)
        doors.told(request, "factor_set" if first else "factor_changed", person)
    request.session.pop(_NEW, None)
    update_session_auth_hash(request, person)
    messages.success(request, _("Đã cài xác nhận hai bước."), extra_tags="good")
    return page(request, desk, "factor_codes.html", {"codes": made})


def _proved(
    request: HttpRequest, person: Person, *, recovery: bool
) -> Refusal | HttpResponse | None:
    typed = request.POST.get("code", "")
    if doors.locked(request, person):
        return locked(request)
    proved = secondfactor.prove(person, typed, timezone.now())
    if isinstance(proved, Proved) or (recovery and secondfactor.recover(person, typed)):
        return None
    doors.wrong_code(request, person, proved, "factor")
    return proved


def _new_secret(request: HttpRequest, person: Person) -> str:
    """The same one however often the page is opened, until an app has confirmed it."""
    owner = f"new factor {person.pk}"
    held = unseal(request.session.get(_NEW, ""), owner)
    if held is not None:
        return held
    secret = totp.new_secret()
    request.session[_NEW] = seal(secret, owner)
    return secret


def _address(person: Person, secret: str) -> str:
    """As authenticator apps read it (otpauth://)."""
    return TOTP(secret).provisioning_uri(
        name=person.username, issuer_name=f"Loa Ap {settings.LOA.unit.name}"
    )
