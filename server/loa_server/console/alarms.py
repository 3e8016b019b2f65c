"""Alarms about nodes that point at people, not at parts: in words, for as long as they are news."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from loa_server.fleet.models import Node

SHOWN: Final = timedelta(days=7)
SAID: Final = {
    "forgeries": _("Có kẻ giả mạo lệnh? Số gói tin bị từ chối trong một giờ"),
    "clone": _("Hai máy dùng chung một danh tính?"),
    "revoked_speaks": _("Đã thu hồi mà vẫn gửi tin"),
    "audit_head": _("Nhật ký kiểm tra khác với điều điểm phát từng nghe"),
    "unreadable": _("Gửi số liệu không đọc được"),
}
COUNTED: Final = frozenset({"forgeries"})
"""Whose detail is a number that people can read."""


def of(nodes: Iterable[Node], now: datetime) -> dict[str, list[str]]:
    """{node: sentences}, the newest alarm first."""
    told: dict[str, list[str]] = {}
    rows = Node.objects.filter(
        pk__in=[node.pk for node in nodes],
        alarms__last_at__gte=now - SHOWN,
        alarms__code__in=SAID,
    ).order_by("-alarms__last_at")
    for node, code, detail in rows.values_list("pk", "alarms__code", "alarms__detail"):
        told.setdefault(node, []).append(_sentence(code, detail))
    return told


def _sentence(code: str, detail: str) -> str:
    return f"{SAID[code]}: {detail}" if code in COUNTED else str(SAID[code])
