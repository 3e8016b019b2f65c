"""Hộp tin: what came from above and waits for this commune's people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas.reach import within
from loa_server.bulletins.refusal import Refusal
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.reading import read
from loa_server.console.views.approve import machine_made
from loa_server.dispatch import inbox
from loa_server.dispatch.models import InboxItem

SHOWN = 30
READERS = ("author", "approver")


@signed_in
def items(request: HttpRequest, desk: Desk) -> HttpResponse:
    scopes = desk.standing.scopes(*READERS)
    if not scopes:
        raise Http404
    now = timezone.now()
    mine = InboxItem.objects.filter(within(scopes, "area__path"))
    found = mine.select_related("revision__bulletin__home", "area", "copy", "person")
    newest = list(found.order_by("-at")[: 2 * SHOWN])
    waiting = [item for item in newest if _waits(item, now)]
    context = {
        "waiting": sorted(waiting, key=lambda item: (item.due is None, item.due or item.at)),
        "answered": [item for item in newest if item not in waiting][:SHOWN],
    }
    return page(request, desk, "inbox.html", context)


def _waits(item: InboxItem, now: Any) -> bool:
    return item.state == InboxItem.State.WAITING and _lives(item, now)


def _lives(item: InboxItem, now: Any) -> bool:
    return bool(item.exp > now.timestamp() * 1000)


@signed_in
def item(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    return _page(request, desk, _mine(desk, id))


@require_POST
@signed_in
def take(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    mine = _mine(desk, id)
    done = inbox.take(mine.pk, desk.person, timezone.now())
    if isinstance(done, Refusal):
        return _page(request, desk, mine, refused=_text(done))
    messages.success(request, _("Đã nhận. Hãy chọn giờ phát, rồi trình người duyệt của xã."))
    return redirect("console:when", done)


@require_POST
@signed_in
def decline(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Field: why."""
    mine, why = _mine(desk, id), request.POST.get("why", "")
    done = inbox.decline(mine.pk, desk.person, why, timezone.now())
    if isinstance(done, Refusal):
        fault = {"why_fault" if done is inbox.NO_WHY else "refused": _text(done)}
        return _page(request, desk, mine, why=why, **fault)
    messages.success(request, _("Đã báo cấp trên là không phát."))
    return redirect("console:inbox-item", mine.pk)


@require_POST
@signed_in
def reopen(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    """Undoes the decline."""
    mine = _mine(desk, id)
    done = inbox.reopen(mine.pk, desk.person, timezone.now())
    if isinstance(done, Refusal):
        return _page(request, desk, mine, refused=_text(done))
    return redirect("console:inbox-item", mine.pk)


def _mine(desk: Desk, item_id: int) -> InboxItem:
    scopes = desk.standing.scopes(*READERS)
    asked = InboxItem.objects.filter(within(scopes, "area__path"), pk=item_id)
    found = asked.select_related("revision__bulletin__home", "area", "copy", "person").first()
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, desk: Desk, mine: InboxItem, **said: Any) -> HttpResponse:
    reading = read(bytes(mine.revision.payload))
    mine.refresh_from_db(fields=["state", "copy", "person", "why", "answered_at"])
    context = {
        "item": mine,
        "bulletin": mine.revision.bulletin,
        "reading": reading,
        "machine": set(machine_made(reading).values_list("sha256", flat=True)),
        "open": _waits(mine, timezone.now()),
        "may_answer": desk.standing.may("author", mine.area.path),
        "declined": mine.state == InboxItem.State.DECLINED and _lives(mine, timezone.now()),
        **said,
    }
    return page(request, desk, "inbox_item.html", context, status=422 if said else 200)


def _text(refusal: Refusal) -> str:
    return refusal.text(get_language() or "vi")
