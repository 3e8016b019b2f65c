"""How a view answers: the desk of whoever asks, the rooms of the menu, one rendered page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from loa_server.areas.models import Person
from loa_server.areas.secondfactor import COMPULSORY
from loa_server.console.desk import Desk, desk_of
from loa_server.console.keep import ask_to_sign_in
from loa_server.console.menu import rooms

P = ParamSpec("P")
BEFORE_THE_FACTOR = ("/factor", "/password")


def signed_in(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """The view gets the person's desk; anyone else gets the sign-in page, nothing typed lost."""

    @wraps(view)
    def seated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, Person) or not request.user.is_active:
            if request.method == "POST":
                return ask_to_sign_in(request)
            return redirect_to_login(request.get_full_path(), reverse("console:sign-in"))
        desk = desk_of(request.user, timezone.now())
        if _lacks_factor(desk) and not request.path.startswith(BEFORE_THE_FACTOR):
            return redirect("console:factor")
        return view(request, desk, *args, **kwargs)

    return seated


def _lacks_factor(desk: Desk) -> bool:
    """Whoever can make a loudspeaker speak sets up the second factor before anything else."""
    return not desk.person.totp_secret and bool(desk.standing.scopes(*COMPULSORY))


def page(
    request: HttpRequest,
    desk: Desk,
    template: str,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    menu = rooms(request, desk)
    shown = {
        "desk": {
            "person": desk.person,
            "unit": ", ".join(area.name for area in desk.places()[:2]),
            "rooms": menu,
            "room": next((room for room in menu if room.here), None),
        },
        "me": desk,
        "now": timezone.now(),
        **(context or {}),
    }
    return render(request, f"console/{template}", shown, status=status)
