"""Điểm phát: every speaker cluster and how it is, fifty at a time, by what a person asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas.models import HAMLETS, Area
from loa_server.areas.reach import areas_within
from loa_server.console import alarms, health, keybook, languages, sieve, tablerows, words
from loa_server.console.desk import Desk
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf_of
from loa_server.console.rows import held, titles, whole
from loa_server.console.sieve import Sieve
from loa_server.console.templatetags.console import place
from loa_server.console.views.newcomers import text
from loa_server.dispatch.admission import ROLES
from loa_server.fleet import saved, status
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal

FACTS = 30
MOST_PLACES = 300
COMMUNES = ("commune", "ward")


@signed_in
def fleet(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The whole filter stands in the address: `sieve.FIELDS`."""
    return _table(request, desk, sieve.read(request.GET))


@require_POST
@signed_in
def keep_view(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Fields: name, query (of the page it was pressed on)."""
    asked = sieve.read(QueryDict(request.POST.get("query", "")).dict())
    name = request.POST.get("name", "")
    kept = saved.keep(desk.person, name, asked.query)
    if isinstance(kept, Refusal):
        return _table(request, desk, asked, {"fault": text(kept), "typed": name})
    messages.success(request, _("Đã lưu bộ lọc “%(name)s”.") % {"name": kept.name})
    return redirect(f"{reverse('console:fleet')}?{kept.query}")


@require_POST
@signed_in
def drop_view(request: HttpRequest, desk: Desk, id: int) -> HttpResponse:  # noqa: A002
    if not saved.drop(desk.person, id):
        raise Http404
    messages.success(request, _("Đã bỏ bộ lọc."))
    return redirect("console:fleet")


def _table(
    request: HttpRequest, desk: Desk, asked: Sieve, refused: dict[str, str] | None = None
) -> HttpResponse:
    now = timezone.now()
    choices = places_to_choose(desk, asked.area)
    asked_for = next((area for area in choices if area.pk == asked.area), None)
    mine = sieve.sifted(desk, asked, asked_for, now)
    found = sieve.counted(mine)
    told: dict[str, list[str]] = {}

    def rows(keys: QuerySet[Any]) -> list[Node]:
        there, alarmed = alarms.beside(whole(Node.objects.filter(pk__in=keys)))
        told.update({pk: [one.title for one in them] for pk, them in alarmed.items()})
        return sorted(there.values(), key=sieve.order)

    views = list(desk.person.saved_views.all())
    sheet = leaf_of(request, sieve.chosen(mine, asked.state), rows)
    context = {
        "leaf": sheet,
        "rows": tablerows.of_nodes(
            health.lines(sheet.rows, held(sheet.rows), titles(sheet.rows), now, told)
        ),
        "totals": [(state, found.counts[state]) for state in sieve.PRESENCES],
        "gone": found.counts[sieve.GONE],
        "all": sum(found.counts[state] for state in sieve.PRESENCES),
        "asked": asked,
        "stateless": replace(asked, state="").query,
        "filters": _filters(asked, choices, found.software),
        "views": views,
        "kept": any(view.query == asked.query for view in views),
        "late": status.LATE,
        "offline": status.OFFLINE,
        "may_add": bool(desk.standing.scopes(*ROLES)),
        "keybook": keybook.notices(now),
        **(refused or {}),
    }
    return page(request, desk, "fleet.html", context, status=422 if refused else 200)


def places_to_choose(desk: Desk, asked: str) -> list[Area]:
    """Communes and what is above them, and the place that is asked for; all in reach."""
    own = desk.places()
    if not asked and all(area.kind in (*COMMUNES, *HAMLETS) for area in own):
        return own
    mine = areas_within(desk.standing.scopes())
    return list(mine.filter(~Q(kind__in=HAMLETS) | Q(pk=asked)).order_by("path")[:MOST_PLACES])


def _filters(asked: Sieve, choices: list[Area], software: list[str]) -> dict[str, str]:
    """The options of each list; of one that offers no choice ""."""
    problems = [(sieve.ANY, _("Có điều cần xem")), (sieve.ALARM, _("Có cảnh báo chưa trả lời"))]
    places = [(area.pk, place(area)) for area in choices] if len(choices) > 1 else []
    versions = software or [asked.software] * bool(asked.software)
    return {
        "places": options(places, asked.area),
        "langs": options(languages.NAMES.items(), asked.lang),
        "problems": options([*problems, *words.PROBLEMS.items()], asked.problem),
        "software": options(zip(versions, versions, strict=True), asked.software),
    }


def options(offered: Iterable[tuple[str, object]], chosen: str) -> str:
    """Hundreds of places: a template's loop over them is a third of the page's time."""
    marked = ((value, " selected" if value == chosen else "", said) for value, said in offered)
    return format_html_join("", '<option value="{}"{}>{}</option>', marked)
