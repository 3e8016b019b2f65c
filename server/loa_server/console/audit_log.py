"""The audit log as one person may read it: their places, what they asked for, as plain lines.

An entry without a place (a key, an account of nobody) is for who audits every place there is.
What is shown is read from the hashed text itself, never from columns beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from loa_server.areas.models import Area, Person
from loa_server.areas.reach import within
from loa_server.audit import watch
from loa_server.audit.book import moment
from loa_server.audit.chain import Broken
from loa_server.audit.models import Entry
from loa_server.console.desk import Desk, bulletins_seen_by, reach
from loa_server.console.templatetags.console import plain_title
from loa_server.fleet.models import Node
from loa_wire.localtime import LOCAL

READERS = ("auditor", "registrar")
STILL_SAID = timedelta(hours=3)
"""An alarm that goes on is told again each hour."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader narrowed the log to; "" and None: everything."""

    verb: str = ""
    who: str = ""
    day: date | None = None

    def condition(self) -> Q:
        found = Q()
        if self.verb:
            found &= Q(verb=self.verb)
        if self.who:
            found &= Q(who=self.who)
        if self.day:
            begins = datetime.combine(self.day, time(), LOCAL)
            found &= Q(at__gte=moment(begins), at__lt=moment(begins + timedelta(days=1)))
        return found


@dataclass(frozen=True, slots=True)
class Line:
    seq: int
    at: datetime
    who: str
    name: str  # of the person, as the accounts say it today, or that it was a program
    verb: str
    subject: str
    called: str  # what the subject is called, for who may see it
    view: str  # the page that shows the subject, "" for none
    place: str
    area: Area | None
    detail: list[tuple[str, Any]]
    sha256: str


@dataclass(frozen=True, slots=True)
class _Names:
    """What the codes of some entries are called today."""

    people: dict[str, str]
    subjects: dict[str, tuple[str, str]]  # -> (view, title)
    areas: dict[str, Area]  # by path


def may_read(desk: Desk) -> bool:
    return bool(desk.standing.scopes(*READERS))


def broken(desk: Desk, now: datetime) -> bool:
    """For whoever must hear of it."""
    if not may_read(desk):
        return False
    return isinstance(watch.state().found, Broken) or remembered_otherwise(now) > 0


def remembered_otherwise(now: datetime) -> int:
    """How many nodes still say a head that the log does not hold (engine/echoes.py)."""
    said = {"alarms__code": "audit_head", "alarms__last_at__gte": now - STILL_SAID}
    return Node.objects.filter(**said).count()


def seen_by(desk: Desk) -> Q:
    scopes = desk.standing.scopes(*READERS)
    tops = Area.objects.filter(parent=None)
    everything = bool(scopes) and not tops.exclude(within(scopes)).exists()
    return within(scopes, "place") | Q(place="") if everything else within(scopes, "place")


def entries(desk: Desk, asked: Asked) -> QuerySet[Entry]:
    """Newest first."""
    return Entry.objects.filter(seen_by(desk), asked.condition()).order_by("-seq")


def lines(desk: Desk, found: Iterable[Entry]) -> list[Line]:
    said = [(entry, json.loads(entry.line)) for entry in found]
    people = Person.objects.filter(username__in={s["who"] for _entry, s in said})
    areas = Area.objects.filter(path__in={s["place"] for _entry, s in said})
    names = _Names(
        dict(people.values_list("username", "full_name")),
        _called(desk, {s["subject"] for _entry, s in said}),
        {area.path: area for area in areas},
    )
    return [_line(entry, s, names) for entry, s in said]


def _line(entry: Entry, said: dict[str, Any], names: _Names) -> Line:
    view, title = names.subjects.get(said["subject"], ("", said["subject"]))
    return Line(
        seq=entry.seq,
        at=datetime.strptime(said["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC),
        who=said["who"],
        name=_("Hệ thống") if " " in said["who"] else names.people.get(said["who"], ""),
        verb=said["verb"],
        subject=said["subject"],
        called=title,
        view=view,
        place=said["place"],
        area=names.areas.get(said["place"]),
        detail=list(said["detail"].items()),
        sha256=entry.sha256,
    )


def _called(desk: Desk, subjects: set[str]) -> dict[str, tuple[str, str]]:
    """Subject -> (view, title) for the bulletins and nodes that this person may see."""
    bulletins = bulletins_seen_by(desk).filter(pk__in=subjects)
    nodes = Node.objects.filter(reach(desk, "area__path"), pk__in=subjects)
    found = {row.pk: ("console:bulletin", plain_title(row)) for row in bulletins}
    return found | {row.pk: ("console:node", row.name) for row in nodes}
