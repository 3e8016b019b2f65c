"""What every page of the console carries: its language, its headers, the age of its session, a
password of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from loa_server.console import sessions

Next = Callable[[HttpRequest], HttpResponse]

LANGUAGE_COOKIE: Final = "loa_language"
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Tabler draws ticks and arrows as data: pictures
        "font-src 'self'",
        "media-src 'self' blob:",  # a recording is listened to before it is sent
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_OPEN: Final = ("/static/", "/language", "/sign-out", "/password", "/welcome/")


class LanguageByChoice:
    """Vietnamese unless the person switched: an office PC's browser often says English."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(LANGUAGE_COOKIE)
        language = chosen if chosen in ("vi", "en") else "vi"
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self._next(request)
        response.headers.setdefault("Content-Language", language)
        return response


class StrictPages:
    """No page of ours runs or shows anything that did not come from this server."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._next(request)
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)"
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class SessionsEnd:
    """After so many hours, or after an hour of nobody there."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not request.path.startswith("/static/"):
            now = time.time()
            if sessions.over(request.session, now, settings.LOA.console):
                logout(request)
            else:
                sessions.click(request.session, now)
        return self._next(request)


class OwnPasswordFirst:
    """A one-time password opens one page only: the one that replaces it."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if getattr(user, "must_change_password", False) and not request.path.startswith(_OPEN):
            return redirect(reverse("console:password"))
        return self._next(request)
