"""The second person: reads exactly what will be signed, then approves it or sends it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas import secondfactor
from loa_server.areas.models import Area
from loa_server.bulletins import approval, services
from loa_server.bulletins.models import Bulletin, FirstApproval, Media, Revision, State
from loa_server.bulletins.notices import SENTENCES
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.watching import lists_for
from loa_server.console import doors, duty, screens
from loa_server.console.desk import Desk, half_approved, to_approve, waiting_for_another
from loa_server.console.dryrun import dry_run
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import ROWS, leaf
from loa_server.console.reading import Reading, read
from loa_server.console.together import Rows, together
from loa_server.console.views.ledger import seen
from loa_server.dispatch import approve as dispatch_approve
from loa_server.dispatch.approve import Word
from loa_server.dispatch.models import InboxItem


@signed_in
def queue(request: HttpRequest, desk: Desk) -> HttpResponse:
    if not desk.holds("approver"):
        raise Http404
    mine = waiting_for_another(desk).select_related("home", "author").order_by("changed_at")
    context = {
        "leaf": leaf(request, waiting_for(desk)),
        "given": list(mine[:ROWS]),
    }
    return page(request, desk, "queue.html", context)


def waiting_for(desk: Desk) -> QuerySet[Bulletin]:
    """What waits for this person, the most urgent first; `half`: one has approved it already."""
    urgency = Case(When(level="emergency", then=0), When(level="priority", then=1), default=2)
    rows = to_approve(desk).select_related("home", "author").annotate(half=half_approved())
    return rows.order_by(urgency, "changed_at")


@signed_in
def review(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    return _page(request, desk, _waiting(desk, id))


@require_POST
@signed_in
def approve(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Fields: sha256, of the bytes that were shown; code, of the second factor; looked (yes)."""
    bulletin = _waiting(desk, id)
    if doors.locked(request, desk.person):
        return _page(request, desk, bulletin, code_fault=_text(doors.LOCKED))
    word = Word(
        request.POST.get("sha256", ""),
        request.POST.get("code", ""),
        request.POST.get("looked") == "yes",
    )
    done = dispatch_approve.approve(bulletin.id, desk.person, word, timezone.now())
    if isinstance(done, Refusal) and done.code in secondfactor.REFUSALS:
        doors.wrong_code(request, desk.person, done, "approve")
        return _page(request, desk, bulletin, code_fault=_text(done))
    if isinstance(done, Refusal):
        return _page(request, desk, bulletin, refused=_text(done))
    if isinstance(done, FirstApproval):
        messages.success(request, _("Đã ghi lời duyệt của bạn. Bản tin chờ người duyệt thứ hai."))
        return redirect("console:queue")
    urgent = bulletin.level == "emergency"
    waits = _("Đã duyệt. Bản tin chờ trực ban ký; hãy gọi trực ban ngay.")
    sent = _("Đã duyệt. Bản tin đang được gửi tới các điểm phát.")
    desks = 0 if urgent else InboxItem.objects.filter(revision=done.revision).count()
    handed = ngettext(
        "Đã duyệt. Bản tin đã vào hộp tin của %(n)s xã; xã chọn giờ phát.",
        "Đã duyệt. Bản tin đã vào hộp tin của %(n)s xã; xã chọn giờ phát.",
        desks,
    )
    messages.success(request, waits if urgent else handed % {"n": desks} if desks else sent)
    return redirect("console:bulletin", bulletin.id)


@require_POST
@signed_in
def give_back(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Field: reason."""
    bulletin = _waiting(desk, id)
    reason = request.POST.get("reason", "")
    done = services.send_back(bulletin.id, desk.person, reason, timezone.now())
    if isinstance(done, Refusal):
        return _page(request, desk, bulletin, reason_fault=_text(done), reason=reason)
    messages.success(request, _("Đã trả lại cho người soạn."))
    return redirect("console:queue")


def _waiting(desk: Desk, bulletin_id: str) -> Bulletin:
    """A submitted bulletin that this person may read; the rules decide what else they may."""
    bulletin = seen(desk, bulletin_id)
    if bulletin.state != State.SUBMITTED:
        raise Http404
    return bulletin


def _page(request: HttpRequest, desk: Desk, bulletin: Bulletin, **said: Any) -> HttpResponse:
    asked = Revision.objects.filter(bulletin=bulletin, rev=bulletin.rev)
    revision = asked.select_related("first_approval__approver").first()
    if revision is None:
        raise Http404
    reading = read(bytes(revision.payload))
    areas = list(Area.objects.filter(id__in=reading.areas).order_by("path"))
    dry = dry_run(reading.bulletin, [area.path for area in areas], timezone.now())
    beside = _beside(reading, [bulletin.home, *areas])
    context = {
        "bulletin": bulletin,
        "revision": revision,
        "reading": reading,
        "machine": {sha256 for (sha256,) in beside["machine"]},
        "areas": areas,
        "node_count": dry.nodes,
        "held": dispatch_approve.watched(
            reading.bulletin, sorted({word for (word,) in beside["words"]})
        ),
        "dry": dry,
        "by_form": bulletin.genre in SENTENCES,
        "screen_installed": screens.installed(),
        "own": bulletin.author_id == desk.person.pk,
        **_verbs(desk, bulletin, revision, areas),
        **duty.urgency_of(bulletin, revision, timezone.now()),
        **said,
    }
    return page(request, desk, "review.html", context, status=422 if said else 200)


def _verbs(
    desk: Desk, bulletin: Bulletin, revision: Revision, areas: Sequence[Area]
) -> dict[str, Any]:
    """What this person may do with it, and whether one of two has said yes."""
    both = approval.needs_both(
        bulletin.kind, bulletin.level, bulletin.genre, settings.LOA.approval.two
    )
    given = getattr(revision, "first_approval", None) if both else None
    facts = approval.Facts(
        bulletin.state,
        bulletin.author_id,
        bulletin.level,
        bulletin.home.path,
        tuple(area.path for area in areas),
        bulletin.kind,
        both=both,
        first=given.approver_id if given else None,
    )
    verbs = approval.allowed(facts, desk.standing)
    return {
        "may_approve": "approve" in verbs,
        "may_return": "send_back" in verbs,
        "both": both,
        "given": given,
    }


def _beside(reading: Reading, areas: Sequence[Area]) -> dict[str, Rows]:
    """Words to look at, and hashes of the voices that no person spoke."""
    return together(
        words=(lists_for([area.path for area in areas]), ("word",)),
        machine=(machine_made(reading), ("sha256",)),
    )


def machine_made(reading: Reading) -> QuerySet[Media]:
    heard = [tongue.voice.sha256 for tongue in reading.tongues if tongue.voice]
    return Media.objects.filter(sha256__in=heard, origin__startswith="tts:")


def _text(refusal: Refusal) -> str:
    return refusal.text(get_language() or "vi")
