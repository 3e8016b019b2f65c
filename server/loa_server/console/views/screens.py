"""A bulletin as it will stand on the hamlets' screens, for those who may see the bulletin."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from loa_server.console import screens
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.views.files import whole_or_part
from loa_server.console.views.ledger import seen


@signed_in
def pages(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    bulletin = seen(desk, id)
    found = screens.drawn(bulletin, desk.person)
    context = {
        "bulletin": bulletin,
        "pages": list(enumerate(found.pages, start=1)) if found else [],
        "mark": found.folder.name[:12] if found else "",
        "installed": screens.installed(),
    }
    return page(request, desk, "screens.html", context)


@signed_in
def picture(request: HttpRequest, desk: Desk, id: str, number: int) -> HttpResponseBase:  # noqa: A002
    """Drawn when it is first asked for, so that no page waits for it."""
    found = screens.drawn(seen(desk, id), desk.person)
    if found is None or not 1 <= number <= len(found.pages):
        raise Http404
    answer = whole_or_part(request, found.folder / f"{number}.png", "image/png")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
