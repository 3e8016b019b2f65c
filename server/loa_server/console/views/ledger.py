"""A bulletin's own page: its ledger once it is out, and before that the paper itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from loa_server.areas.naming import Called, with_former
from loa_server.bulletins import services
from loa_server.bulletins.approval import WRITTEN, may_write
from loa_server.bulletins.correcting import may_be_corrected
from loa_server.bulletins.models import Bulletin, FirstApproval, Revision, State
from loa_server.bulletins.posting import may_post
from loa_server.bulletins.refusal import Refusal
from loa_server.console import duty, tablerows, words
from loa_server.console.desk import Desk, bulletins_seen_by, reach
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf_of
from loa_server.console.reading import read
from loa_server.console.steps import may_edit
from loa_server.console.together import Asked, Rows, together
from loa_server.dispatch import discarding
from loa_server.dispatch.models import Delivery, InboxItem
from loa_wire.localtime import LOCAL

OUT = (State.APPROVED, State.PUBLISHED, State.ENDED, State.RECALLED)
ALWAYS = ("expected", "playing", "played", "failed")
"""Shown even when there are none."""
ORDER = ("node__area__path", "node_id")


@dataclass(frozen=True, slots=True)
class Total:
    state: str
    count: int


def seen(desk: Desk, bulletin_id: str) -> Bulletin:
    found = bulletins_seen_by(desk).select_related("home", "author").filter(id=bulletin_id).first()
    if found is None:
        raise Http404
    return found


@signed_in
def bulletin(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    row = seen(desk, id)
    if row.state not in OUT:
        return redirect("console:check" if may_edit(desk, row) else "console:paper", row.id)
    if request.GET.get("part") == "totals":
        told = together(totals=_by_state(rows_of(desk, row)))["totals"]
        return render(request, "console/totals.html", _counted(request, told))
    return page(request, desk, "ledger.html", _ledger(request, desk, row))


def rows_of(desk: Desk, row: Bulletin) -> QuerySet[Delivery]:
    """The lines of the nodes this person may see."""
    stands = Q(stood_in=None) & reach(desk, "node__area__path")
    near = stands | reach(desk, "stood_in__path")
    return _standing(Delivery.objects.filter(near, bulletin=row))


def _standing(lines: QuerySet[Delivery]) -> QuerySet[Any]:
    return lines.annotate(stood=Coalesce("stood_in_id", "node__area_id"))


def _by_state(rows: QuerySet[Delivery]) -> Asked:
    counted = rows.values("state").annotate(count=Count("id"), last=Max("seq"))
    return counted, ("state", "count", "last")


def _counted(request: HttpRequest, found: Rows) -> dict[str, Any]:
    totals = totalled((state, int(count)) for state, count, _last in found)
    return {
        "totals": totals,
        "all": sum(total.count for total in totals),
        "asked": request.GET.get("state", ""),
        "always": ALWAYS,
        "seq": max((int(last) for _state, _count, last in found), default=0),
    }


def _ledger(request: HttpRequest, desk: Desk, row: Bulletin) -> dict[str, Any]:
    rows = rows_of(desk, row)
    told = together(
        totals=_by_state(rows),
        corrections=(row.corrections.all(), ("pk", "title", "state")),
        **duty.questions(row),
    )
    counted = _counted(request, told["totals"])
    asked = counted["asked"]
    shown = rows.filter(state=asked) if asked in Delivery.State.values else rows
    revision = (
        Revision.objects.filter(bulletin=row, approval__isnull=False)
        .select_related("approval__approver", "first_approval__approver")
        .order_by("-rev")
        .first()
    )
    day = _day(revision)
    found = leaf_of(request, shown.order_by(*ORDER), lambda keys: _lines(keys, day))
    return {
        "bulletin": row,
        "revision": revision,
        "reading": read(bytes(revision.payload)) if revision else None,
        "leaf": found,
        "rows": tablerows.of_deliveries((line, _called(line)) for line in found.rows),
        "handed": _handed(desk, revision),
        "may_post": may_post(row, desk.standing),
        "may_copy": row.kind in WRITTEN and desk.holds("author"),
        "corrections": [
            Bulletin(id=pk, title=json.loads(title), state=state)
            for pk, title, state in sorted(told["corrections"])
        ],
        "may_correct": may_be_corrected(row) and may_write(row.home.path, desk.standing) is None,
        **duty.standing_of(desk, row, told),
        "state_words": words.DELIVERIES.items(),
        "evidence_words": words.EVIDENCE.items(),
        "reason_words": words.REASONS.items(),
        **counted,
    }


def _lines(keys: QuerySet[Any], day: date) -> list[Any]:
    lines = _standing(Delivery.objects.filter(pk__in=keys)).order_by(*ORDER)
    return list(with_former(lines, "stood", day).select_related("node__area", "stood_in"))


def _handed(desk: Desk, revision: Revision | None) -> list[tuple[InboxItem, tuple[int, int]]]:
    """What became of it in each commune that decides for itself, with (sounded, of) of its copy."""
    if revision is None:
        return []
    lines = Delivery.objects.filter(bulletin=OuterRef("copy")).order_by().values("bulletin")
    items: QuerySet[Any] = (
        InboxItem.objects.filter(reach(desk, "area__path"), revision=revision)
        .select_related("area", "copy", "person")
        .annotate(
            sounded=Subquery(lines.annotate(n=Count("first_sound_at")).values("n")),
            of=Subquery(lines.annotate(n=Count("pk")).values("n")),
        )
    )
    return [(item, (item.sounded or 0, item.of or 0)) for item in items.order_by("area__path")]


def _day(revision: Revision | None) -> date:
    """Names are those of the day on which it was approved."""
    at = revision.approval.at if revision is not None else timezone.now()
    return at.astimezone(LOCAL).date()


def _called(line: Any) -> Called:
    area = line.stood_in or line.node.area
    return Called(line.once_kind or area.kind, line.once_name or area.name)


def totalled(counted: Iterable[tuple[str, int]]) -> list[Total]:
    """Every state in the order of a bulletin's life, the empty ones too: nothing hides."""
    found = dict(counted)
    return [Total(state, found.get(state, 0)) for state in Delivery.State.values]


@signed_in
def paper(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """What was written and signed, and who did what."""
    return _paper(request, desk, seen(desk, id))


@require_POST
@signed_in
def withdraw(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Back to draft, as long as nobody approved it."""
    row = seen(desk, id)
    done = services.withdraw(row.id, desk.person, timezone.now())
    if isinstance(done, Refusal):
        return _paper(request, desk, row, refused=done.text(get_language() or "vi"))
    return redirect("console:check", row.id)


@require_POST
@signed_in
def discard(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    """Leads to its paper, where it can be taken up again."""
    row = seen(desk, id)
    done = discarding.discard(row.id, desk.person, timezone.now())
    if isinstance(done, Refusal):
        return _paper(request, desk, row, refused=done.text(get_language() or "vi"))
    return redirect("console:paper", row.id)


@require_POST
@signed_in
def restore(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    row = seen(desk, id)
    done = discarding.restore(row.id, desk.person, timezone.now())
    if isinstance(done, Refusal):
        return _paper(request, desk, row, refused=done.text(get_language() or "vi"))
    return redirect("console:check", row.id)


def _paper(request: HttpRequest, desk: Desk, row: Bulletin, **said: str) -> HttpResponse:
    revision = Revision.objects.filter(bulletin=row).order_by("-rev").first()
    waits = row.state == State.SUBMITTED
    context = {
        "bulletin": row,
        "revision": revision,
        "reading": read(bytes(revision.payload)) if revision else None,
        "acts": list(row.acts.select_related("person")),
        "half": FirstApproval.objects.filter(revision=revision).exists() if waits else False,
        "may_restore": row.state == State.DISCARDED and row.author_id == desk.person.pk,
        "may_withdraw": waits and row.author_id == desk.person.pk,
        "out": row.state in OUT,
        **said,
    }
    return page(request, desk, "paper.html", context, status=422 if said else 200)
