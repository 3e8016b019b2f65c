"""Coming and going, the language, and a password of one's own."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.console import keep
from loa_server.console.desk import Desk
from loa_server.console.forms.signin import PasswordForm, SignInForm
from loa_server.console.middleware import LANGUAGE_COOKIE
from loa_server.console.pages import page, signed_in


def sign_in(request: HttpRequest) -> HttpResponse:
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    onward = keep.safe_next(request, asked)
    kept = keep.carried(request.POST)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = authenticate(request, **form.cleaned_data)
        if person is not None:
            login(request, person)
            if kept:
                return render(request, "console/go_on.html", {"next": onward, "kept": kept})
            return redirect(onward)
        form.add_error(None, _("Tên đăng nhập hoặc mật khẩu không đúng. Hãy gõ lại."))
    context = {"form": form, "next": onward, "kept": kept, "ended": bool(kept)}
    return render(request, "console/sign_in.html", context)


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
        messages.success(request, _("Đã đổi mật khẩu."), extra_tags="good")
        return redirect("console:home")
    first = desk.person.must_change_password
    return page(request, desk, "password.html", {"form": form, "first": first, "bare": first})


def locked(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """After too many wrong passwords: django-axes asks for this page."""
    return render(request, "console/locked.html", status=429)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    response = redirect(keep.safe_next(request, request.POST.get("next", "/")))
    chosen = "en" if request.POST.get("language") == "en" else "vi"
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=365 * 86_400, samesite="Lax")
    return response
