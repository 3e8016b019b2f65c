"""Điểm phát: every speaker cluster and how it is, and one of them in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loa_server.areas.models import HAMLETS, Area
from loa_server.areas.reach import areas_within
from loa_server.areas.scope import ids_of
from loa_server.bulletins.models import Bulletin
from loa_server.console import alarms, health, keybook, languages, sieve, words
from loa_server.console.desk import Desk, reach
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf_of
from loa_server.console.sieve import Sieve
from loa_server.console.views.files import demo_file
from loa_server.console.views.newcomers import text
from loa_server.dispatch import admission
from loa_server.dispatch.admission import ROLES
from loa_server.dispatch.models import Manifest
from loa_server.fleet import saved, status
from loa_server.fleet.models import Node, NodeDocument
from loa_server.refusal import Refusal

FACTS = 30
MOST_PLACES = 300
COMMUNES = ("commune", "ward")
PAPERS = ("assignment", "settings")
PLAYS = ("playing", "last_play")


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
    place = next((area for area in choices if area.pk == asked.area), None)
    found = sieve.counted(sieve.sifted(desk, asked, place, now), asked.state)
    told: dict[str, list[str]] = {}

    def rows(ids: Sequence[str]) -> list[Node]:
        there, alarmed = alarms.beside(_whole(ids))
        told.update(alarmed)
        return [there[one] for one in ids if one in there]

    sheet = leaf_of(request, found.shown, rows)
    context = {
        "leaf": sheet,
        "lines": health.lines(sheet.rows, _held(sheet.rows), _titles(sheet.rows), now, told),
        "totals": [(state, found.counts[state]) for state in sieve.PRESENCES],
        "gone": found.counts[sieve.GONE],
        "all": sum(found.counts[state] for state in sieve.PRESENCES),
        "asked": asked,
        "stateless": replace(asked, state="").query,
        "filters": _filters(asked, choices, found.software),
        "views": list(desk.person.saved_views.all()),
        "late": status.LATE,
        "offline": status.OFFLINE,
        "may_add": bool(desk.standing.scopes(*ROLES)),
        "keybook": keybook.notices(now),
        **(refused or {}),
    }
    return page(request, desk, "fleet.html", context, status=422 if refused else 200)


def _whole(ids: Sequence[str]) -> QuerySet[Any]:
    """With what was last published to each, and what its health names, in the same query."""
    columns: dict[str, Any] = {}
    for typ in PAPERS:
        last = NodeDocument.objects.filter(node=OuterRef("pk"), typ=typ)
        columns[f"last_{typ}"] = Subquery(last.values("version")[:1])
    for part in PLAYS:
        named = Bulletin.objects.filter(id=OuterRef(f"health__{part}__bulletin"))
        columns[f"{part}_title"] = Subquery(named.values("title")[:1])
    return Node.objects.filter(pk__in=ids).select_related("area").annotate(**columns)


def _held(rows: Iterable[Any]) -> dict[str, dict[str, int]]:
    """{node: {assignment: n, settings: n}} as last published."""
    return {
        row.pk: {typ: n for typ in PAPERS if (n := getattr(row, f"last_{typ}")) is not None}
        for row in rows
    }


def _titles(rows: Iterable[Any]) -> dict[str, dict[str, str]]:
    """Of what they play or played last."""
    return {
        row.health[part]["bulletin"]: title
        for row in rows
        for part in PLAYS
        if (title := getattr(row, f"{part}_title"))
    }


def places_to_choose(desk: Desk, asked: str) -> list[Area]:
    """Communes and what is above them, and the place that is asked for; all in reach."""
    own = desk.places()
    if not asked and all(area.kind in (*COMMUNES, *HAMLETS) for area in own):
        return own
    mine = areas_within(desk.standing.scopes())
    return list(mine.filter(~Q(kind__in=HAMLETS) | Q(pk=asked)).order_by("path")[:MOST_PLACES])


def _filters(asked: Sieve, choices: list[Area], software: list[str]) -> dict[str, Any]:
    """What each list offers: (value, words)."""
    problems = [(sieve.ANY, _("Có điều cần xem")), (sieve.ALARM, _("Có cảnh báo chưa trả lời"))]
    return {
        "places": choices if len(choices) > 1 else [],
        "langs": list(languages.NAMES.items()),
        "problems": [*problems, *words.PROBLEMS.items()],
        "software": software or [asked.software] * bool(asked.software),
    }


@signed_in
def node(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    row = Node.objects.filter(reach(desk, "area__path"), id=id).select_related("area").first()
    if row is None:
        raise Http404
    held = versions([row])
    before = admission.history(row)[1:]
    manifests = dict(
        Manifest.objects.filter(area_id__in=ids_of(row.area.path)).values_list("area_id", "version")
    )
    facts = _facts([row, *before])
    titles = {fact.bulletin: fact.title for fact in facts if fact.title}
    now = timezone.now()
    line = health.line(row, held.get(row.id, {}), titles, now, manifests)
    context = {
        **_papers(desk, row),
        "node": row,
        "line": line,
        "alarms": [alarms.shown(one) for one in alarms.raised(Q(pk=row.pk), still_open=True)],
        "facts": facts,
        "before": before,
        "screen": demo_file("screen_picture", row.id),
        "sound": demo_file("loudspeaker_wav", row.id),
    }
    return page(request, desk, "node.html", context)


def versions(nodes: Iterable[Node]) -> dict[str, dict[str, int]]:
    """{node: {assignment: n, settings: n}} as last published."""
    documents = NodeDocument.objects.filter(node__in=list(nodes))
    held: dict[str, dict[str, int]] = {}
    for node_id, typ, version in documents.values_list("node_id", "typ", "version"):
        held.setdefault(node_id, {})[typ] = version
    return held


def _papers(desk: Desk, row: Node) -> dict[str, Any]:
    """Which card this is, who took it in, what may be done with it."""
    keys = list(row.enrolments.select_related("approved_by").order_by("-first_at"))
    active = row.status == Node.Status.ACTIVE
    return {
        "card": keys[0] if keys else None,
        "taken_in": next((key for key in keys if key.approved_by), None),
        "until": max((admission.cert_ends(key) for key in keys if key.cert), default=None),
        "successor": None if active else Node.objects.filter(succeeds=row).first(),
        "may_change": active and any(desk.standing.may(r, row.area.path) for r in ROLES),
    }


def _facts(line: list[Node]) -> list[Any]:
    """Of this place: also what the cards before this one told."""
    title = Bulletin.objects.filter(id=OuterRef("bulletin")).values("title")[:1]
    told = (node.facts.annotate(title=Subquery(title)) for node in line)
    facts = [fact for found in told for fact in found.order_by("-received_at", "-seq")[:FACTS]]
    return sorted(facts, key=lambda fact: (fact.received_at, fact.seq), reverse=True)[:FACTS]
