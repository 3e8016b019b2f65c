"""How a view answers: the desk of whoever asks, the rooms of the menu, one rendered page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from loa_server.areas.models import Person
from loa_server.areas.secondfactor import COMPULSORY
from loa_server.console.desk import Desk, desk_of, to_approve
from loa_server.console.duty import to_countersign
from loa_server.console.keep import ask_to_sign_in

P = ParamSpec("P")
BEFORE_THE_FACTOR = ("/factor", "/password")


@dataclass(frozen=True, slots=True)
class Room:
    name: str
    url: str
    here: bool
    count: int = 0


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
    shown = {
        "desk": {
            "person": desk.person,
            "unit": ", ".join(area.name for area in desk.places()[:2]),
            "rooms": rooms(request, desk),
        },
        "me": desk,
        "now": timezone.now(),
        **(context or {}),
    }
    return render(request, f"console/{template}", shown, status=status)


def rooms(request: HttpRequest, desk: Desk) -> list[Room]:
    listed = [
        _room(request, _("Hôm nay"), "home"),
        _room(request, _("Bản tin"), "bulletins"),
    ]
    if desk.holds("approver"):
        listed.append(_room(request, _("Chờ duyệt"), "queue", to_approve(desk).count()))
    if desk.holds("duty"):
        listed.append(_room(request, _("Trực ban"), "duty", to_countersign(desk).count()))
    listed.append(_room(request, _("Điểm phát"), "fleet"))
    if desk.holds("registrar"):
        listed.append(_room(request, _("Tài khoản"), "people"))
    if desk.standing.scopes("auditor", "registrar"):
        listed.append(_room(request, _("Nhật ký kiểm tra"), "audit"))
    return listed


def _room(request: HttpRequest, name: str, view: str, count: int = 0) -> Room:
    url = reverse(f"console:{view}")
    here = request.path == url or (url != "/" and request.path.startswith(url))
    return Room(name, url, here, count)
