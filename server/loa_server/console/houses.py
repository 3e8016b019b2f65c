"""Nodes as the schedule needs them: their signed papers, what they hold, what they have done.

One query for however many nodes. A node that has no papers yet is shown with those that it
will get.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from django.conf import settings

from loa_server.areas.reach import within
from loa_server.areas.scope import ids_of
from loa_server.console.together import Rows, together
from loa_server.console.week import House
from loa_server.dispatch import node_documents
from loa_server.dispatch.models import Envelope, ManifestItem
from loa_server.fleet.models import Node, NodeDocument
from loa_wire.bulletin import Bulletin
from loa_wire.parse import decode
from loa_wire.place import Assignment, PlacedArea, Settings

MOST = 60
"""Nodes laid upon each other for one commune: more would cost a person a second of waiting."""
_D = TypeVar("_D", Assignment, Settings)


def nodes_at(path: str) -> list[Node]:
    """The working nodes in an area and below it, at most MOST."""
    active = Node.objects.filter(within([path], "area__path"), status=Node.Status.ACTIVE)
    return list(active.select_related("area").order_by("area__path", "id")[:MOST])


def houses(nodes: Sequence[Node], now: datetime) -> list[House]:
    told = _told(nodes, now)
    papers = {(node, typ): paper.encode() for node, typ, paper in told["papers"]}
    held = _held(nodes, told["held"])
    past = _past(told["past"])
    made = []
    for node in nodes:
        assignment = papers.get((node.id, "assignment"))
        rules = papers.get((node.id, "settings"))
        here = ids_of(node.area.path)
        made.append(
            House(
                node.id,
                _read(assignment, Assignment) or _assignment(node),
                _read(rules, Settings) or _settings(node),
                list({b.id: b for area in here for b in held.get(area, ())}.values()),
                past.get(node.id, {}),
            )
        )
    return made


def _told(nodes: Sequence[Node], now: datetime) -> dict[str, Rows]:
    """Papers, what is published in their areas, and what each has told of how that went."""
    ids = [node.pk for node in nodes]
    ms = int(now.timestamp() * 1000)
    items = ManifestItem.objects.filter(area__in=_areas(nodes), exp__gt=ms)
    held = Envelope.objects.filter(pk__in=items.values("sha256"))
    ended = Node.objects.filter(
        pk__in=ids,
        facts__fact="ended",
        facts__bulletin__in=held.values("revision__bulletin"),
    )
    return together(
        papers=(NodeDocument.objects.filter(node__in=ids), ("node_id", "typ", "payload")),
        held=(held, ("revision__payload",)),
        past=(ended, ("pk", "facts__occurrence", "facts__result")),
    )


def _areas(nodes: Sequence[Node]) -> set[str]:
    return {area for node in nodes for area in ids_of(node.area.path)}


def _held(nodes: Sequence[Node], payloads: Rows) -> dict[str, list[Bulletin]]:
    """{area: what is published there}: a bulletin leaves the indexes of all its areas together."""
    areas = _areas(nodes)
    found: dict[str, list[Bulletin]] = defaultdict(list)
    for (payload,) in payloads:
        bulletin = decode(payload.encode(), Bulletin)
        for area in areas.intersection(bulletin.areas):
            found[area].append(bulletin)
    return found


def _past(ends: Rows) -> dict[str, dict[str, str]]:
    """{node: {occurrence: outcome}}, as each node has told it."""
    told: dict[str, dict[str, str]] = defaultdict(dict)
    for node, occurrence, result in ends:
        told[node][occurrence] = result
    return told


def _read(payload: bytes | None, shape: type[_D]) -> _D | None:
    return msgspec.json.decode(payload, type=shape) if payload else None


def _assignment(node: Node) -> Assignment:
    above = list(reversed(ids_of(node.area.path)))
    chain = [PlacedArea(id=above[0], name=node.area.name, above=above[1:])]
    standing = node_documents.Standing(node.id, node.name, node.unit, chain)
    return node_documents.assignment(standing, settings.LOA.limits, 1, 0)


def usual_settings() -> Settings:
    """What a node is told until somebody tells it otherwise."""
    return _settings(Node(id="any", name="", unit=""))


def _settings(node: Node) -> Settings:
    standing = node_documents.Standing(node.id, node.name, node.unit, [])
    return node_documents.settings(standing, settings.LOA.fleet, 1, 0)
