"""Alarms about nodes that point at people, not at parts: in words, until somebody has answered.

What raised one is kept as the engine found it (`detail`); a page adds what it means and what to do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loa_server.areas.models import Person
from loa_server.areas.reach import standing_of
from loa_server.audit.book import record
from loa_server.fleet.models import AlarmAnswer, Node
from loa_server.refusal import Refusal

ANSWERERS: Final = ("registrar", "technician")
LONGEST_NOTE: Final = 300
SAID: Final[dict[str, Promise]] = {
    "forgeries": _("Có kẻ giả mạo lệnh? Số gói tin bị từ chối trong một giờ"),
    "clone": _("Hai máy dùng chung một danh tính?"),
    "revoked_speaks": _("Đã thu hồi mà vẫn gửi tin"),
    "audit_head": _("Nhật ký kiểm tra khác với điều điểm phát từng nghe"),
    "unreadable": _("Gửi số liệu không đọc được"),
    "journal_gap": _("Thiếu một đoạn nhật ký phát"),
    "journal_lost": _("Điểm phát đã mất nhật ký"),
}
NEXT: Final[dict[str, Promise]] = {
    "forgeries": _(
        "Loa không nghe theo lệnh giả. Hãy gọi người quản trị máy chủ xem ai đang vào mạng; "
        "nếu ở một điểm phát, xem có máy lạ cắm vào mạng ở đó không."
    ),
    "clone": _(
        "Thẻ nhớ đã bị sao chép. Hãy tìm máy mang số máy lạ; ghi lại thẻ mới cho cả hai máy, rồi "
        "bấm “Cùng chỗ, thẻ mới” ở điểm phát này: danh tính cũ phải bị thu hồi."
    ),
    "revoked_speaks": _(
        "Một thẻ đã thu hồi vẫn đang bật. Hãy tìm và tắt máy đó; "
        "không lời nào của nó được ghi nhận."
    ),
    "audit_head": _(
        "Có thể nhật ký kiểm tra trên máy chủ đã bị sửa hay khôi phục từ bản sao cũ. "
        "Hãy báo người thanh tra và giữ nguyên máy chủ."
    ),
    "unreadable": _(
        "Phần mềm trên thẻ khác phiên bản, hoặc thẻ nhớ hỏng. Hãy xem trang điểm phát, khởi động "
        "lại máy; nếu còn, ghi lại thẻ."
    ),
    "journal_gap": _(
        "Vài lần phát sẽ ở mục “chưa báo về”. Nếu máy vừa đầy thẻ hay mất điện lâu thì không sao; "
        "nếu lặp lại, thay thẻ nhớ."
    ),
    "journal_lost": _(
        "Thẻ nhớ hỏng hoặc đã ghi lại: lịch sử phát trước lúc đó không còn ở máy. "
        "Nếu không ai vừa ghi lại thẻ, hãy thay thẻ nhớ."
    ),
}
COUNTED: Final = frozenset({"forgeries"})
"""Whose detail is a number that people can read."""
_BOARDS: Final = re.compile(r"boards (.+) / (.+)")

NOTHING_SAID = Refusal(
    "note",
    "Hãy ghi đã xem gì, đã làm gì; người sau sẽ đọc.",
    "Say what you looked at and did; the next person will read it.",
)
AGAIN = Refusal(
    "again",
    "Cảnh báo này vừa xảy ra thêm lần nữa. Hãy đọc lại rồi ghi.",
    "This alarm has just been raised once more. Read it again, then answer.",
)
NOT_YOURS = Refusal(
    "role",
    "Chỉ người quản trị hoặc kỹ thuật của địa bàn trả lời được cảnh báo.",
    "Only a registrar or technician of the place answers an alarm.",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One kind of alarm about one node, as a page shows it."""

    node: Node
    code: str
    title: str
    detail: str
    advice: str
    first_at: datetime
    last_at: datetime
    times: int
    open: bool


def beside(nodes: QuerySet[Node]) -> tuple[dict[str, Node], dict[str, list[Shown]]]:
    """In one query: the nodes by id, and {node: alarms} of those that nobody has answered."""
    there: dict[str, Node] = {}
    told: dict[str, list[Shown]] = {}
    rows: QuerySet[Any] = nodes.annotate(**_columns())
    for row in rows.order_by("-alarm_last_at"):
        there.setdefault(row.pk, row)
        if row.alarm_code in SAID and row.alarm_times > row.answered:
            told.setdefault(row.pk, []).append(shown(row))
    return there, told


def raised(mine: Q, *, still_open: bool) -> QuerySet[Any]:
    """Of these nodes, the newest first; give each row to `shown`."""
    rows = _raised(mine).filter(_OPEN if still_open else ~_OPEN)
    return rows.select_related("area").order_by("-alarm_last_at", "pk", "alarm_code")


def shown(row: Any) -> Shown:
    code, detail = row.alarm_code, row.alarm_detail
    return Shown(
        node=row,
        code=code,
        title=_sentence(code, detail),
        detail="" if code in COUNTED else _in_words(detail),
        advice=str(NEXT[code]),
        first_at=row.alarm_first_at,
        last_at=row.alarm_last_at,
        times=row.alarm_times,
        open=row.alarm_times > row.answered,
    )


def answers(node: Node, code: str) -> QuerySet[AlarmAnswer]:
    return node.alarm_answers.filter(code=code).select_related("person").order_by("-at")


def answer(alarm: Shown, seen: int, note: str, person: Person, now: datetime) -> Refusal | None:
    """`seen` is how often it had been raised on the page that they read."""
    standing = standing_of(person, now)
    if not any(standing.may(role, alarm.node.area.path) for role in ANSWERERS):
        return NOT_YOURS
    note = " ".join(note.split())[:LONGEST_NOTE]
    if not note:
        return NOTHING_SAID
    if seen != alarm.times:
        return AGAIN
    with transaction.atomic():
        alarm.node.alarm_answers.create(
            code=alarm.code, times=seen, person=person, at=now, note=note
        )
        record(
            "alarm_answer",
            who=person.username,
            subject=alarm.node.pk,
            detail={"alarm": alarm.code, "times": seen, "why": note},
            at=now,
            place=alarm.node.area.path,
        )
    return None


_OPEN: Final = Q(alarm_times__gt=F("answered"))


def _raised(which: Q) -> QuerySet[Any]:
    """A row for each alarm, not for each node: the engine's table is joined, never imported.

    The database goes by the few nodes that have one, where it would look at thousands.
    """
    few = RawSQL("SELECT node_id FROM ingest_alarm", [])
    there = Node.objects.filter(which, pk__in=few, alarms__code__in=SAID)
    return there.annotate(**_columns())


def _columns() -> dict[str, Any]:
    spoken = AlarmAnswer.objects.filter(node=OuterRef("pk"), code=OuterRef("alarms__code"))
    last = spoken.order_by().values("code").annotate(most=Max("times")).values("most")
    return {
        "alarm_code": F("alarms__code"),
        "alarm_detail": F("alarms__detail"),
        "alarm_first_at": F("alarms__first_at"),
        "alarm_last_at": F("alarms__last_at"),
        "alarm_times": F("alarms__times"),
        "answered": Coalesce(Subquery(last, output_field=IntegerField()), 0),
    }


def _sentence(code: str, detail: str) -> str:
    return f"{SAID[code]}: {detail}" if code in COUNTED else str(SAID[code])


def _in_words(detail: str) -> str:
    boards = _BOARDS.fullmatch(detail)
    if boards is None:
        return detail
    return gettext("Số máy %(one)s và số máy %(other)s") % {"one": boards[1], "other": boards[2]}
