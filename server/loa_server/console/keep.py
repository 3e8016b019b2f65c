"""A session that ends while someone writes loses no word.

What was posted comes back as hidden fields of the sign-in page, and after it as a form that sends
them on by one button. Chosen files cannot be kept this way; the page says so.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from loa_server.console.forms.signin import SignInForm

PREFIX = "kept."
_OURS = ("csrfmiddlewaretoken", "password", "old", "new", "again", "code")

Kept = list[tuple[str, str]]


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page in answer to a form (401), carrying whatever was typed into it."""
    context = {
        "form": SignInForm(),
        "onward": {"next": request.path, "kept": typed(request.POST)},
        "lost_files": bool(request.FILES),
        "ended": True,
    }
    return render(request, "console/sign_in.html", context, status=401)


def typed(post: QueryDict) -> Kept:
    return [(name, v) for name, values in post.lists() if name not in _OURS for v in values]


def carried(post: QueryDict) -> Kept:
    """What the sign-in page brought along."""
    given = [(n, v) for n, values in post.lists() if n.startswith(PREFIX) for v in values]
    return [(name.removeprefix(PREFIX), value) for name, value in given]


def safe_next(request: HttpRequest, url: str) -> str:
    """Only a place on this server."""
    if url_has_allowed_host_and_scheme(url, {request.get_host()}) and url.startswith("/"):
        return url
    return "/"
