"""Điểm phát: every speaker cluster and how it is, and one of them in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from loa_server.areas.folding import fold
from loa_server.areas.scope import ids_of
from loa_server.bulletins.models import Bulletin
from loa_server.console import alarms, health, keybook
from loa_server.console.desk import Desk, reach
from loa_server.console.pages import page, signed_in
from loa_server.console.paging import leaf
from loa_server.console.views.files import demo_file
from loa_server.dispatch import admission
from loa_server.dispatch.admission import ROLES
from loa_server.dispatch.models import Manifest
from loa_server.fleet import status
from loa_server.fleet.models import Node, NodeDocument

FACTS = 30
MOST_FOUND = 900
"""Ids in one condition: SQLite takes about a thousand; nobody reads further."""
GONE = "revoked"
PRESENCES = ("offline", "late", "never", "online")


@signed_in
def fleet(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = timezone.now()
    asked, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    glances = [g for g in glance(desk, now) if g.meets(words)]
    shown = Node.objects.filter(reach(desk, "area__path")).select_related("area")
    gone = shown.filter(status=Node.Status.REVOKED)
    shown = gone if asked == GONE else shown.exclude(status=Node.Status.REVOKED)
    if asked != GONE and (words or asked in PRESENCES):
        chosen = [g.node for g in glances if asked in ("", g.presence)]
        shown = shown.filter(id__in=chosen[:MOST_FOUND])
    shown = shown.order_by(F("seen_at").asc(nulls_first=True), "id")
    sheet = leaf(request, shown)
    held = versions(sheet.rows)
    counted = Counter(g.presence for g in glances)
    context = {
        "leaf": sheet,
        "lines": health.lines(sheet.rows, held, titles_of(sheet.rows), now, alarms.of(sheet.rows)),
        "totals": [(state, counted[state]) for state in PRESENCES],
        "gone": gone.count(),
        "all": len(glances),
        "asked": asked,
        "q": words,
        "late": status.LATE,
        "offline": status.OFFLINE,
        "may_add": bool(desk.standing.scopes(*ROLES)),
        "keybook": keybook.notices(now),
    }
    return page(request, desk, "fleet.html", context)


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


@dataclass(frozen=True, slots=True)
class Glance:
    """As much of a node as it takes to count and find it."""

    node: str
    presence: str
    said: tuple[str, ...]  # its own name and what its place and the one above are called

    def meets(self, words: str) -> bool:
        """Every word somewhere, diacritics or not."""
        where = fold(" ".join(self.said)) if words else ""
        return all(word in where for word in fold(words).split())


def glance(desk: Desk, now: datetime) -> list[Glance]:
    """The whole fleet in reach, light columns only: thousands of nodes cost one quick query."""
    alive = Node.objects.exclude(status=Node.Status.REVOKED)
    rows = alive.filter(reach(desk, "area__path")).values_list(
        "id", "seen_at", "online", "every_s", "name", "area__name", "area__parent__name"
    )
    return [
        Glance(
            node,
            status.presence(status.Heard(seen, online, every_s), now),
            (node, name, area, above or ""),
        )
        for node, seen, online, every_s, name, area, above in rows
    ]


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
