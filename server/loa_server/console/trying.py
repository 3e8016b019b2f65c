"""What people tried at a node from afar, and what it answered, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from loa_server.console import words
from loa_server.console.desk import Desk
from loa_server.console.week import House
from loa_server.dispatch import orders
from loa_server.dispatch.admission import ROLES
from loa_server.dispatch.models import NodeOrder
from loa_server.fleet.models import Node

SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Tried:
    verb: str
    who: str
    at: datetime
    why: str
    state: str  # sending | waiting | done | failed | lost
    said: str

    @property
    def open(self) -> bool:
        return self.state in ("sending", "waiting")


def context(desk: Desk, node: Node, now: datetime, house: House | None = None) -> dict[str, Any]:
    """For whoever may try; nothing at all for everybody else. `house`: the node's, if it was read
    already."""
    active = node.status == Node.Status.ACTIVE
    if not active or not any(desk.standing.may(role, node.area.path) for role in ROLES):
        return {}
    tried = [_tried(row, now) for row in _rows(node)]
    return {
        "may_try": True,
        "verbs": NodeOrder.Verb.values,
        "tried": tried,
        "waits": any(one.open for one in tried),
        "hushed": orders.quiet_by(house.assignment, house.settings, now)
        if house
        else orders.is_quiet(node, now),
    }


def _rows(node: Node) -> Iterable[Any]:
    """Each with its answer: the engine's table is joined, never imported."""
    answer = Node.objects.filter(
        pk=OuterRef("node"), facts__fact="obeyed", facts__occurrence=OuterRef("ticket")
    )
    rows = NodeOrder.objects.filter(node=node).select_related("person")
    return rows.annotate(
        result=Subquery(answer.values("facts__result")[:1]),
        reason=Subquery(answer.values("facts__reason")[:1]),
    ).order_by("-pk")[:SHOWN]


def _tried(row: Any, now: datetime) -> Tried:
    state, said = _state(row, now)
    return Tried(row.verb, str(row.person), row.at, row.why, state, said)


def _state(row: Any, now: datetime) -> tuple[str, str]:
    if row.result == "played":
        return "done", words.say(words.TRIED, row.verb)
    if row.result:
        return "failed", words.say(words.UNTRIED, row.reason)
    if row.error:
        return "failed", words.say(words.UNTRIED, row.error.partition(":")[0])
    if now > row.at + orders.LIFE:
        return "lost", _("Không thấy trả lời. Xem điểm phát có còn trực tuyến không rồi thử lại.")
    if row.sent_at is None:
        return "sending", _("Đang gửi…")
    return "waiting", _("Đã gửi, chờ điểm phát trả lời…")
