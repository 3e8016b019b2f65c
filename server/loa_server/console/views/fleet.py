"""Điểm phát: every speaker cluster and how it is, and one of them in plain words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from loa_server.areas.folding import fold
from loa_server.areas.scope import ids_of
from loa_server.bulletins.models import Bulletin
from loa_server.console import health
from loa_server.console.desk import Desk, reach
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf
from loa_server.console.views.files import demo_file
from loa_server.dispatch.models import Manifest
from loa_server.fleet import status
from loa_server.fleet.models import Node, NodeDocument
from loa_server.ingest.models import StoredFact

FACTS = 30
PRESENCES = ("offline", "late", "never", "online")


@signed_in
def fleet(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = timezone.now()
    asked, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    nodes = _found(Node.objects.filter(reach(desk, "area__path")), words)
    there = presences(nodes, now)
    shown = nodes.select_related("area").order_by(F("seen_at").asc(nulls_first=True), "id")
    if asked in PRESENCES:
        shown = shown.filter(id__in=[node for node, state in there.items() if state == asked][:900])
    sheet = leaf(request, shown)
    held = versions(sheet.rows)
    counted = Counter(there.values())
    context = {
        "leaf": sheet,
        "lines": health.lines(sheet.rows, held, titles_of(sheet.rows), now),
        "totals": [(state, counted[state]) for state in PRESENCES],
        "all": len(there),
        "asked": asked,
        "q": words,
        "late": status.LATE,
        "offline": status.OFFLINE,
    }
    return page(request, desk, "fleet.html", context)


@signed_in
def node(request: HttpRequest, desk: Desk, id: str) -> HttpResponse:  # noqa: A002
    row = Node.objects.filter(reach(desk, "area__path"), id=id).select_related("area").first()
    if row is None:
        raise Http404
    held = versions([row])
    manifests = dict(
        Manifest.objects.filter(area_id__in=ids_of(row.area.path)).values_list("area_id", "version")
    )
    facts = _facts(row)
    titles = {fact.bulletin: json.loads(fact.title) for fact in facts if fact.title}
    context = {
        "node": row,
        "line": health.line(row, held.get(row.id, {}), titles, timezone.now(), manifests),
        "facts": facts,
        "screen": demo_file("screen_picture", row.id),
        "sound": demo_file("loudspeaker_wav", row.id),
    }
    return page(request, desk, "node.html", context)


def presences(nodes: QuerySet[Node], now: datetime) -> dict[str, str]:
    """Each node's presence: light columns only, so that a fleet of thousands can be counted."""
    rows = nodes.values_list("id", "seen_at", "online", "every_s")
    return {
        node: status.presence(status.Heard(seen, online, every_s), now)
        for node, seen, online, every_s in rows
    }


def _found(nodes: QuerySet[Node], words: str) -> QuerySet[Node]:
    """Every word somewhere in the place's name, its code or the node's own name and id."""
    for word in words.split()[:6]:
        nodes = nodes.filter(
            Q(area__folded__contains=fold(word))
            | Q(area__parent__folded__contains=fold(word))
            | Q(name__icontains=word)
            | Q(id__contains=word.lower())
        )
    return nodes


def versions(nodes: Iterable[Node]) -> dict[str, dict[str, int]]:
    """{node: {assignment: n, settings: n}} as last published."""
    documents = NodeDocument.objects.filter(node__in=list(nodes))
    held: dict[str, dict[str, int]] = {}
    for node_id, typ, version in documents.values_list("node_id", "typ", "version"):
        held.setdefault(node_id, {})[typ] = version
    return held


def titles_of(nodes: Iterable[Node]) -> dict[str, dict[str, str]]:
    """Of what they play or played last."""
    ids = {b for node in nodes for b in health.bulletins_in(node.health)}
    return dict(Bulletin.objects.filter(id__in=ids).values_list("id", "title"))


def _facts(row: Node) -> list[Any]:
    title = Bulletin.objects.filter(id=OuterRef("bulletin")).values("title")[:1]
    facts = StoredFact.objects.filter(node=row).annotate(title=Subquery(title))
    return list(facts.order_by("-received_at", "-seq")[:FACTS])
