"""The one-time link: a person sets the password that nobody else has seen, and is in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from loa_server.areas import invitations
from loa_server.console import doors, halfway
from loa_server.console.forms.signin import FirstPasswordForm
from loa_server.console.views.signin import locked


@never_cache
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Fields: new, again. Whoever was signed in at this browser is so no longer."""
    if doors.crowded(request):
        return locked(request)
    person = invitations.invited(token, timezone.now())
    if person is None:
        return _void(request)
    form = FirstPasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        entering = invitations.redeem(token, form.cleaned_data["new"], timezone.now())
        if entering is None:
            return _void(request)
        request.session.flush()
        halfway.enter(request, entering)
        doors.told(request, "link_used", entering)
        return redirect("console:home")
    return render(request, "console/welcome.html", {"form": form, "who": person, "token": token})


def _void(request: HttpRequest) -> HttpResponse:
    return render(request, "console/welcome_void.html", status=410)
