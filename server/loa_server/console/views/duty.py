"""The duty officer: reads exactly what will be signed, then countersigns it or sends it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas.models import Area
from loa_server.areas.reach import within
from loa_server.bulletins import services
from loa_server.bulletins.approval import allowed
from loa_server.bulletins.models import Bulletin, Revision, State
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import facts_by
from loa_server.console import duty
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf
from loa_server.console.reading import read
from loa_server.console.views.approve import machine_made
from loa_server.console.views.ledger import seen
from loa_server.dispatch import urgent
from loa_server.duty.client import DutyClient
from loa_server.fleet.models import Node


@signed_in
def queue(request: HttpRequest, desk: Desk) -> HttpResponse:
    if not desk.holds("duty"):
        raise Http404
    waiting = duty.to_countersign(desk).select_related("home", "author").order_by("changed_at")
    context = {"leaf": leaf(request, waiting), "nominal": not settings.LOA.duty.elsewhere}
    return page(request, desk, "duty.html", context)


@signed_in
def review(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    return _page(request, desk, _waiting(desk, id))


@require_POST
@signed_in
def countersign(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: sha256 of the bytes that were shown, code of the duty signer's own list."""
    waiting = _waiting(desk, id)
    shown, code = request.POST.get("sha256", ""), request.POST.get("code", "")
    signer = DutyClient(settings.LOA.duty_socket)
    done = urgent.countersign(waiting.bulletin.id, desk.person, shown, code, signer, timezone.now())
    if isinstance(done, Refusal):
        return _page(request, desk, waiting, refused=_text(done))
    messages.success(request, _("Đã ký. Báo động đang được gửi tới các điểm phát."))
    return redirect("console:board", waiting.bulletin.id)


@require_POST
@signed_in
def give_back(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Field: reason."""
    waiting = _waiting(desk, id)
    reason = request.POST.get("reason", "")
    done = services.send_back(waiting.bulletin.id, desk.person, reason, timezone.now())
    if isinstance(done, Refusal):
        return _page(request, desk, waiting, reason_fault=_text(done), reason=reason)
    messages.success(request, _("Đã trả lại cho người soạn."))
    return redirect("console:duty")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """`revision` with its approval, as it stands before the second signature."""

    bulletin: Bulletin
    revision: Revision


def _waiting(desk: Desk, bulletin_id: str) -> _Waiting:
    """An approved emergency that this person may read; the rules decide what else they may."""
    bulletin = seen(desk, bulletin_id)
    if (bulletin.level, bulletin.kind, bulletin.state) != ("emergency", "play", State.APPROVED):
        raise Http404
    asked = Revision.objects.filter(bulletin=bulletin, rev=bulletin.rev, countersign=None)
    revision = asked.select_related("approval__approver").first()
    if revision is None:
        raise Http404
    return _Waiting(bulletin, revision)


def _page(request: HttpRequest, desk: Desk, waiting: _Waiting, **said: Any) -> HttpResponse:
    bulletin, revision = waiting.bulletin, waiting.revision
    reading = read(bytes(revision.payload))
    areas = list(Area.objects.filter(id__in=reading.areas).order_by("path"))
    paths = [area.path for area in areas]
    facts = facts_by(bulletin, paths, revision.approval.approver_id, None)
    hearing = Node.objects.filter(within(paths, "area__path"), status=Node.Status.ACTIVE)
    context = {
        "bulletin": bulletin,
        "revision": revision,
        "reading": reading,
        "machine": set(machine_made(reading).values_list("sha256", flat=True)),
        "areas": areas,
        "node_count": hearing.count(),
        "may_countersign": "countersign" in allowed(facts, desk.standing),
        "same_hand": revision.approval.approver_id == desk.person.pk,
        **duty.urgency_of(bulletin, revision, timezone.now()),
        **said,
    }
    return page(request, desk, "countersign.html", context, status=422 if said else 200)


def _text(refusal: Refusal) -> str:
    return refusal.text(get_language() or "vi")
