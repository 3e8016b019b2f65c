"""The rooms of the console and the doors inside each, for whoever is at the desk.

A new list is one line here. The first door that a person may open is where the room's name leads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa_server.areas.models import Person
from loa_server.areas.reach import within
from loa_server.areas.scope import Standing
from loa_server.console import alarms
from loa_server.console.desk import Desk, to_approve
from loa_server.console.duty import to_countersign
from loa_server.dispatch import inbox
from loa_server.dispatch.hushing import HUSHERS

Allowed = Callable[[Desk], bool]
Waiting = Callable[[Desk], QuerySet[Any] | None]


@dataclass(frozen=True, slots=True)
class Door:
    name: Promise
    view: str
    allowed: Allowed
    waiting: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    url: str
    here: bool
    count: int


@dataclass(frozen=True, slots=True)
class Room:
    name: str
    url: str
    here: bool
    count: int
    tabs: tuple[Tab, ...]
    apart: bool  # in another colour: what is done there sounds at once


def _anyone(_desk: Desk) -> bool:
    return True


def _with(*roles: str) -> Allowed:
    return lambda desk: bool(desk.standing.scopes(*roles))


def _open_alarms(desk: Desk) -> QuerySet[Any] | None:
    """Those that this person may answer."""
    scopes = desk.standing.scopes(*alarms.ANSWERERS)
    return alarms.raised(within(scopes, "area__path"), still_open=True) if scopes else None


def _in_the_inbox(desk: Desk) -> QuerySet[Any] | None:
    """What this person could take."""
    scopes = desk.standing.scopes("author")
    return inbox.of(scopes, timezone.now()) if scopes else None


ROOMS: tuple[tuple[Promise, tuple[Door, ...]], ...] = (
    (_("Hôm nay"), (Door(_("Hôm nay"), "home", _anyone),)),
    (
        _("Bản tin"),
        (
            Door(_("Tất cả"), "bulletins", _anyone),
            Door(_("Chờ duyệt"), "queue", _with("approver"), to_approve),
            Door(_("Hộp tin"), "inbox", _with("author", "approver"), _in_the_inbox),
        ),
    ),
    (_("Lịch phát"), (Door(_("Lịch phát"), "schedule", _anyone),)),
    (
        _("Điểm phát"),
        (
            Door(_("Danh sách"), "fleet", _anyone),
            Door(_("Bản đồ"), "map", _anyone),
            Door(_("Cảnh báo"), "alarms", _anyone, _open_alarms),
            Door(_("Thêm điểm phát"), "add", _with("registrar", "technician")),
            Door(_("Lô thẻ"), "batches", _with("registrar", "technician")),
        ),
    ),
    (
        _("Khẩn cấp"),
        (
            Door(_("Báo động"), "emergency", _with("author", *HUSHERS)),
            Door(_("Trực ban"), "duty", _with("duty"), to_countersign),
            Door(_("Im loa"), "hush", _with(*HUSHERS)),
        ),
    ),
    (
        _("Quản trị"),
        (
            Door(_("Tài khoản"), "people", _with("registrar")),
            Door(_("Địa bàn"), "places", _with("registrar")),
            Door(_("Từ cần xem"), "watch", _with("registrar", "approver")),
            Door(_("Nhật ký kiểm tra"), "audit", _with("auditor", "registrar")),
            Door(_("Khóa"), "keys", _with("registrar", "auditor")),
        ),
    ),
)
APART = ROOMS[-2][0]


def rooms(request: HttpRequest, desk: Desk) -> list[Room]:
    """Those with a door that this person may open."""
    counts = _counts(desk)
    made = ((name, _tabs(request, desk, doors, counts)) for name, doors in ROOMS)
    return [
        Room(
            name=str(name),
            url=tabs[0].url,
            here=any(tab.here for tab in tabs),
            count=sum(tab.count for tab in tabs),
            tabs=tabs if len(tabs) > 1 else (),
            apart=name is APART,
        )
        for name, tabs in made
        if tabs
    ]


def _counts(desk: Desk) -> dict[str, int]:
    """{view: how many wait there}, by one question however many rooms there are."""
    views, sql, values = _question(desk.person, desk.standing, int(time.time() // 60))
    if not views:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return dict(zip(views, cursor.fetchone(), strict=True))


@lru_cache(maxsize=256)
def _question(person: Person, standing: Standing, minute: int) -> tuple[list[str], str, list[Any]]:
    """Every page asks it: kept for a minute, since putting it into words takes longer than the
    answer."""
    del minute
    desk = Desk(person, standing, {})
    views: list[str] = []
    parts: list[str] = []
    values: list[Any] = []
    for door in (door for _name, doors in ROOMS for door in doors):
        rows = door.waiting(desk) if door.waiting and door.allowed(desk) else None
        if rows is None:
            continue
        sql, params = rows.order_by().values("pk").query.sql_with_params()
        views.append(door.view)
        parts.append(f"(SELECT COUNT(*) FROM ({sql}))")  # noqa: S608 - Django's own, with its values
        values += params
    return views, f"SELECT {', '.join(parts)}", values


def _tabs(
    request: HttpRequest, desk: Desk, doors: tuple[Door, ...], counts: dict[str, int]
) -> tuple[Tab, ...]:
    open_ones = [door for door in doors if door.allowed(desk)]
    urls = [reverse(f"console:{door.view}") for door in open_ones]
    # Of two that fit (/fleet/ and /fleet/add) it is the longer.
    fits = [url for url in urls if request.path == url or (url != "/" and _under(request, url))]
    here = max(fits, key=len, default="")
    return tuple(
        Tab(str(door.name), url, url == here, counts.get(door.view, 0))
        for door, url in zip(open_ones, urls, strict=True)
    )


def _under(request: HttpRequest, url: str) -> bool:
    return url.endswith("/") and request.path.startswith(url)
