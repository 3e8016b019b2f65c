"""The audit log as one person may read it: their places, what they asked for, as plain lines.

An entry without a place (a key, an account of nobody) is for who audits every place there is.
What is shown is read from the hashed text itself, never from columns beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext as _

from loa_server.areas.models import Area, Person
from loa_server.areas.reach import within
from loa_server.audit.book import moment
from loa_server.audit.models import Entry, Watch
from loa_server.bulletins.models import Bulletin
from loa_server.console.desk import Desk, bulletins_seen_by, reach
from loa_server.console.templatetags.console import plain_title
from loa_server.console.together import together
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
    areas: dict[str, Area]  # by path; no more of it than its name and kind


def may_read(desk: Desk) -> bool:
    return bool(desk.standing.scopes(*READERS))


def broken(desk: Desk, now: datetime) -> bool:
    """For whoever must hear of it: what the engine has found, or what nodes say."""
    if not may_read(desk):
        return False
    found = Watch.objects.filter(broken_seq__isnull=False)
    said = together(engine=(found, ("pk",)), nodes=(_otherwise(now), ("pk",)))
    return bool(said["engine"] or said["nodes"])


def remembered_otherwise(now: datetime) -> int:
    """How many nodes still say a head that the log does not hold (engine/echoes.py)."""
    return _otherwise(now).count()


def _otherwise(now: datetime) -> QuerySet[Node]:
    said = {"alarms__code": "audit_head", "alarms__last_at__gte": now - STILL_SAID}
    return Node.objects.filter(**said)


def seen_by(desk: Desk) -> Q:
    scopes = desk.standing.scopes(*READERS)
    if not scopes:
        return within(())
    others = Area.objects.filter(parent=None).exclude(within(scopes))
    return within(scopes, "place") | (Q(place="") & ~Q(Exists(others)))


def entries(desk: Desk, asked: Asked) -> QuerySet[Entry]:
    """Newest first."""
    return Entry.objects.filter(seen_by(desk), asked.condition()).order_by("-seq")


def lines(desk: Desk, found: Iterable[Entry]) -> list[Line]:
    said = [(entry, json.loads(entry.line)) for entry in found]
    names = _names(desk, [s for _entry, s in said])
    return [_line(entry, s, names) for entry, s in said]


def _names(desk: Desk, said: Sequence[Mapping[str, str]]) -> _Names:
    """By one query; of bulletins and nodes those that this person may see."""
    subjects = {s["subject"] for s in said}
    rows = together(
        person=(
            Person.objects.filter(username__in={s["who"] for s in said}),
            ("username", "full_name"),
        ),
        area=(
            Area.objects.filter(path__in={s["place"] for s in said}),
            ("path", "name", "kind"),
        ),
        bulletin=(bulletins_seen_by(desk).filter(pk__in=subjects), ("pk", "title")),
        node=(Node.objects.filter(reach(desk, "area__path"), pk__in=subjects), ("pk", "name")),
    )
    titled = {
        pk: ("console:bulletin", plain_title(Bulletin(id=pk, title=json.loads(title))))
        for pk, title in rows["bulletin"]
    }
    return _Names(
        {row[0]: row[1] for row in rows["person"]},
        titled | {pk: ("console:node", name) for pk, name in rows["node"]},
        {path: Area(path=path, name=name, kind=kind) for path, name, kind in rows["area"]},
    )


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
