"""Where places and nodes lie on the map: people's acts, each with its line in the audit log.

An outline is a registrar's, with a fresh code like every change of the tree; a node's point is set
by whoever may move the node. No loudspeaker hears of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from loa_server.areas.models import Area, Outline, Person
from loa_server.areas.outlines import Drawn, within
from loa_server.areas.reach import standing_of
from loa_server.audit.book import record
from loa_server.dispatch.admission import NOT_ACTIVE, Act, RefusedError, may_take_in, settled, spend
from loa_server.dispatch.places import KEEPERS, NOT_YOURS
from loa_server.fleet.models import Node
from loa_server.refusal import Refusal

BAD_POINT: Final = Refusal(
    "point",
    "Hãy ghi vĩ độ, kinh độ trong Việt Nam, như 11.6512, 106.6021; hoặc để trống.",
    "Write latitude, longitude within Vietnam, as 11.6512, 106.6021; or leave it empty.",
)


def draw(outlines: Sequence[Drawn], act: Act) -> int | Refusal:
    """All of them, or none: how many."""

    def done() -> int:
        there = Area.objects.in_bulk([one.area for one in outlines])
        standing = standing_of(act.person, act.now)
        for one in outlines:
            area = there.get(one.area)
            if area is None or not any(standing.may(role, area.path) for role in KEEPERS):
                raise RefusedError(_not_yours(one.area))
        spend(act)
        for one in outlines:
            Outline.objects.update_or_create(area_id=one.area, defaults={"polygons": one.polygons})
            record(
                "area_drawn", who=act.person.username, subject=one.area, at=act.now,
                place=there[one.area].path,
            )  # fmt: skip
        return len(outlines)

    return settled(done)


def _not_yours(area: str) -> Refusal:
    return Refusal(
        NOT_YOURS.code,
        f"“{area}” không phải nơi trong địa bàn mà bạn quản trị. Chưa ghi gì cả.",
        f"“{area}” is no place that you administer. Nothing was stored.",
    )


def point(node: Node, typed: str, person: Person, now: datetime) -> Refusal | None:
    """`typed`: "lat, lon" as maps on the web give it; "" takes the point away."""
    if node.status != Node.Status.ACTIVE:
        return NOT_ACTIVE
    if not may_take_in(person, node.area.path, now):
        return NOT_YOURS
    lat, lon = None, None
    if typed.strip():
        try:
            lat, lon = (round(float(part), 5) for part in typed.replace(";", ",").split(","))
        except ValueError:
            return BAD_POINT
        if not within(lat, lon):
            return BAD_POINT
    with transaction.atomic():
        Node.objects.filter(pk=node.pk).update(lat=lat, lon=lon)
        record(
            "node_point", who=person.username, subject=node.id, at=now, place=node.area.path,
            detail={"point": typed.strip()[:60]},
        )  # fmt: skip
    return None
