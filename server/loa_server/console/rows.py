"""A few nodes with what stands beside them, in one query: papers as last published, titles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery

from loa_server.bulletins.models import Bulletin
from loa_server.fleet.models import Node, NodeDocument

PAPERS: Final = ("assignment", "settings")
PLAYS: Final = ("playing", "last_play")


def whole(nodes: QuerySet[Node]) -> QuerySet[Any]:
    """For `held` and `titles`; for as many nodes as a page shows."""
    columns: dict[str, Any] = {}
    for typ in PAPERS:
        last = NodeDocument.objects.filter(node=OuterRef("pk"), typ=typ)
        columns[f"last_{typ}"] = Subquery(last.values("version")[:1])
    for part in PLAYS:
        named = Bulletin.objects.filter(id=OuterRef(f"health__{part}__bulletin"))
        columns[f"{part}_title"] = Subquery(named.values("title")[:1])
    return nodes.select_related("area").annotate(**columns)


def held(rows: Iterable[Any]) -> dict[str, dict[str, int]]:
    """{node: {assignment: n, settings: n}} as last published."""
    return {
        row.pk: {typ: n for typ in PAPERS if (n := getattr(row, f"last_{typ}")) is not None}
        for row in rows
    }


def titles(rows: Iterable[Any]) -> dict[str, dict[str, str]]:
    """Of what they play or played last."""
    return {
        row.health[part]["bulletin"]: title
        for row in rows
        for part in PLAYS
        if (title := getattr(row, f"{part}_title"))
    }
