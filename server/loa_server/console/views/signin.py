"""Coming in two steps and going, the language, and a password of one's own."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth import authenticate, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas import secondfactor
from loa_server.areas.models import Person
from loa_server.areas.secondfactor import Proved
from loa_server.console import doors, halfway, keep
from loa_server.console.desk import Desk
from loa_server.console.forms.signin import CodeForm, PasswordForm, SignInForm
from loa_server.console.middleware import LANGUAGE_COOKIE
from loa_server.console.pages import page, signed_in


@dataclass(frozen=True, slots=True)
class Onward:
    """Where they were going, with what they had typed."""

    next: str
    kept: keep.Kept


def sign_in(request: HttpRequest) -> HttpResponse:
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    onward = Onward(keep.safe_next(request, asked), keep.carried(request.POST))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if doors.crowded(request) or doors.shut(request, form.cleaned_data["username"]):
            return locked(request)
        person = authenticate(request, **form.cleaned_data)
        if isinstance(person, Person):
            return _password_was_right(request, person, onward)
        doors.failed(request, form.cleaned_data["username"], "password")
        form.add_error(None, _("Tên đăng nhập hoặc mật khẩu không đúng. Hãy gõ lại."))
    context = {"form": form, "onward": onward, "ended": bool(onward.kept)}
    return render(request, "console/sign_in.html", context)


def _password_was_right(request: HttpRequest, person: Person, onward: Onward) -> HttpResponse:
    if not person.totp_secret:  # who must have one is asked to set it up, and opens nothing else
        return _come_in(request, person, onward)
    halfway.begin(request, person)
    return _ask_for_code(request, CodeForm(), onward)


def code(request: HttpRequest) -> HttpResponse:
    """The second step. A recovery code may stand in the same box."""
    onward = Onward(
        keep.safe_next(request, request.POST.get("next", "/")), keep.carried(request.POST)
    )
    person = halfway.whose(request)
    if person is None:
        context = {"form": SignInForm(), "onward": onward, "too_slow": True}
        return render(request, "console/sign_in.html", context)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if doors.locked(request, person):
            return locked(request)
        typed, now = form.cleaned_data["code"], timezone.now()
        proved = secondfactor.prove(person, typed, now)
        if isinstance(proved, Proved):
            return _come_in(request, person, onward)
        if secondfactor.recover(person, typed):
            return _came_back(request, person, onward)
        doors.wrong_code(request, person, proved, "code")
        form.add_error("code", proved.text(get_language() or "vi"))
    return _ask_for_code(request, form, onward)


def _ask_for_code(request: HttpRequest, form: CodeForm, onward: Onward) -> HttpResponse:
    return render(request, "console/sign_in_code.html", {"form": form, "onward": onward})


def _come_in(request: HttpRequest, person: Person, onward: Onward) -> HttpResponse:
    halfway.enter(request, person)
    doors.told(request, "sign_in", person)
    if onward.kept:
        return render(request, "console/go_on.html", {"onward": onward})
    return redirect(onward.next)


def _came_back(request: HttpRequest, person: Person, onward: Onward) -> HttpResponse:
    doors.told(request, "recovery_code_used", person)
    left = person.recovery_codes.count()
    said = _("Bạn vừa dùng một mã dự phòng; còn %(n)d mã. Nếu đã mất điện thoại, hãy cài lại ngay.")
    messages.warning(request, said % {"n": left}, extra_tags="warn")
    onward = onward if onward.kept else Onward(reverse("console:factor"), [])
    return _come_in(request, person, onward)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("console:sign-in")


@signed_in
def password(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = PasswordForm(desk.person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = desk.person
        person.set_password(form.cleaned_data["new"])
        person.must_change_password = False
        person.save(update_fields=["password", "must_change_password"])
        update_session_auth_hash(request, person)
        doors.told(request, "password_changed", person)
        messages.success(request, _("Đã đổi mật khẩu."), extra_tags="good")
        return redirect("console:home")
    first = desk.person.must_change_password
    return page(request, desk, "password.html", {"form": form, "first": first, "bare": first})


def locked(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """After too many wrong passwords or codes: django-axes asks for this page too."""
    return render(request, "console/locked.html", status=429)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    response = redirect(keep.safe_next(request, request.POST.get("next", "/")))
    chosen = "en" if request.POST.get("language") == "en" else "vi"
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=365 * 86_400, samesite="Lax")
    return response
