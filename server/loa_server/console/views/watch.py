"""Từ cần xem: the list of a place, one box to add to it, one button to take a word off."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.bulletins import watching as rules
from loa_server.bulletins.models import WatchWord
from loa_server.bulletins.watching import KEEPERS
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.views.newcomers import text
from loa_server.refusal import Refusal


@signed_in
def watch(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: area (an id), word."""
    places = desk.places(*KEEPERS)
    if not places:
        raise Http404
    if request.method != "POST":
        return _page(request, desk, places)
    typed, asked = request.POST.get("word", ""), request.POST.get("area", "")
    area = next((place for place in places if place.pk == asked), places[0])
    done = rules.add(area, typed, desk.person, timezone.now())
    if isinstance(done, Refusal):
        return _page(request, desk, places, typed, text(done))
    messages.success(request, _("Đã ghi nhận."), extra_tags="good")
    return redirect("console:watch")


@require_POST
@signed_in
def unwatch(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    row = kept_by(desk).filter(pk=id).first()
    if row is None or rules.remove(row, desk.person, timezone.now()) is not None:
        raise Http404
    messages.success(request, _("Đã ghi nhận."), extra_tags="good")
    return redirect("console:watch")


def kept_by(desk: Desk) -> QuerySet[WatchWord]:
    """The words of the places whose list this person keeps."""
    mine = within(desk.standing.scopes(*KEEPERS), "area__path")
    return WatchWord.objects.filter(mine).select_related("area", "by").order_by("word")


def _page(
    request: HttpRequest, desk: Desk, places: list[Area], typed: str = "", fault: str = ""
) -> HttpResponse:
    context = {"places": places, "words": kept_by(desk), "typed": typed, "fault": fault}
    return page(request, desk, "watch.html", context, status=422 if fault else 200)
