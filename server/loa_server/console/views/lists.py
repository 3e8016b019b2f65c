"""The list of bulletins: what is in work and what went out, fifty a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from loa_server.bulletins.models import State
from loa_server.console.desk import Desk, bulletins_seen_by
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf

GROUPS = {
    "work": (State.DRAFT, State.RETURNED, State.SUBMITTED),
    "out": (State.APPROVED, State.PUBLISHED),
    "past": (State.ENDED, State.RECALLED, State.DISCARDED),
}


@signed_in
def bulletins(request: HttpRequest, desk: Desk) -> HttpResponse:
    group = request.GET.get("group", "")
    found = bulletins_seen_by(desk).select_related("home", "author").order_by("-changed_at")
    if group in GROUPS:
        found = found.filter(state__in=GROUPS[group])
    else:
        found = found.exclude(state=State.DISCARDED)
    context = {
        "leaf": leaf(request, found),
        "group": group if group in GROUPS else "",
        "may_write": desk.holds("author"),
    }
    return page(request, desk, "bulletins.html", context)
