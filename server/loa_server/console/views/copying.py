"""Soạn lại từ bản này: a new draft of the same words, voices, pictures and places; no times."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.bulletins import services
from loa_server.bulletins.approval import WRITTEN
from loa_server.bulletins.refusal import Refusal
from loa_server.console import drafts
from loa_server.console.desk import Desk
from loa_server.console.pages import signed_in
from loa_server.console.views.ledger import seen


@require_POST
@signed_in
def copy(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Into the place of the copied one where this person writes there, else into their first."""
    row = seen(desk, id)
    homes = {area.pk for area in desk.places("author")}
    home = row.home if desk.standing.may("author", row.home.path) else None
    place = home.pk if home else next(iter(sorted(homes)), None)
    if place is None or row.kind not in WRITTEN:
        raise Http404
    working = replace(drafts.working_of(row), schedule={}, expires_at=None)
    if home is None:  # another commune's places are not this person's to speak to
        working = replace(working, areas=())
    if working.level == "emergency":
        working = replace(working, schedule=drafts.AT_ONCE)
    made = services.create(desk.person, place, working, timezone.now())
    if isinstance(made, Refusal):
        raise Http404
    messages.success(request, _("Đã chép thành bản nháp mới. Hãy xem lại từng bước; chưa có lịch."))
    return redirect("console:content", made)
