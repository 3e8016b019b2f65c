"""Emergencies as the pages need them: who answers for which places, what waits, until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from loa_server.areas.models import Area, Grant, Role
from loa_server.areas.reach import within
from loa_server.areas.scope import covers
from loa_server.bulletins.approval import WRITTEN, allowed
from loa_server.bulletins.models import Bulletin, Ending, Revision, State
from loa_server.bulletins.services import facts_by
from loa_server.console.desk import Desk
from loa_server.console.together import Asked, Rows
from loa_server.dispatch.approve import PATIENCE
from loa_wire.localtime import LOCAL


def answers_for(homes: Iterable[Area]) -> bool:
    """Whether an alarm raised in one of these places would find a duty officer."""
    today = timezone.now().astimezone(LOCAL).date()
    granted = Grant.objects.filter(role=Role.DUTY, person__is_active=True).exclude(until__lt=today)
    scopes = set(granted.values_list("area__path", flat=True))
    return any(covers(scope, home.path) for scope in scopes for home in homes)


def to_countersign(desk: Desk) -> QuerySet[Bulletin]:
    """What waits for this officer: all of its places theirs, and not approved by them."""
    scopes = desk.standing.scopes("duty")
    mine = within(scopes, "area__path")
    foreign = Bulletin.areas.through.objects.filter(bulletin=OuterRef("pk")).exclude(mine)
    signed = Revision.objects.filter(
        bulletin=OuterRef("pk"), rev=OuterRef("rev"), countersign__isnull=False
    )
    own = Revision.objects.filter(
        bulletin=OuterRef("pk"), rev=OuterRef("rev"), approval__approver=desk.person
    )
    waiting = Bulletin.objects.filter(
        within(scopes, "home__path"), state="approved", level="emergency", kind="play"
    )
    return waiting.exclude(Exists(signed)).exclude(Exists(own)).exclude(Exists(foreign))


def urgency_of(bulletin: Bulletin, revision: Revision, now: datetime) -> dict[str, Any]:
    """For a page that shows an emergency: how long there is to sign it, and how much that says."""
    if bulletin.level != "emergency":
        return {"urgent": False}
    left = revision.submitted_at + PATIENCE - now
    return {
        "urgent": True,
        "minutes_left": max(0, left // timedelta(minutes=1)),
        "too_late": left <= timedelta(0),
        "nominal": not settings.LOA.duty.elsewhere,
    }


@dataclass(frozen=True, slots=True)
class Ended:
    """An order that ended a bulletin, or is to: `bulletin` is the order's own page."""

    bulletin: str
    kind: str
    person: str
    at: datetime
    why: str


def questions(bulletin: Bulletin) -> dict[str, Asked]:
    """What `standing_of` wants to know, to be asked together with whatever else a page asks."""
    signed = Revision.objects.filter(bulletin=bulletin, rev=bulletin.rev)
    endings = bulletin.endings.all()
    person = ("person__full_name", "person__username")
    return {
        "paths": (bulletin.areas.all(), ("path",)),
        "signed": (signed, ("approval__approver", "countersign")),
        "endings": (
            endings,
            ("revision__bulletin", "revision__bulletin__kind", *person, "at", "why"),
        ),
    }


def standing_of(desk: Desk, bulletin: Bulletin, told: Mapping[str, Rows]) -> dict[str, Any]:
    """For a bulletin's own page: what its signatures wait for, and what ends it.

    `told` are the answers to `questions`.
    """
    runs = bulletin.state == State.PUBLISHED
    urgent = bulletin.level == "emergency"
    approver, countersign = next(iter(told["signed"]), ("", "")) if urgent else ("", "")
    facts = facts_by(
        bulletin, (path for (path,) in told["paths"]), _number(approver), _number(countersign)
    )
    verbs = allowed(facts, desk.standing) if runs or urgent else frozenset()
    return {
        "may_stop": "stop" in verbs,
        "may_clear": "all_clear" in verbs,
        "may_countersign": "countersign" in verbs,
        "waits_for_duty": facts.emergency and facts.state == "approved" and not facts.countersigned,
        "nominal": urgent and bulletin.kind == "play" and not settings.LOA.duty.elsewhere,
        "endings": _endings(told["endings"]),
        "ending_of": None if bulletin.kind in WRITTEN else _order(bulletin),
    }


def _number(cell: str | None) -> int | None:
    return int(cell) if cell else None


def _endings(rows: Rows) -> list[Ended]:
    """As they came about. SQLite's text of a moment is in UTC."""
    found = [
        Ended(order, kind, name or username, datetime.fromisoformat(at).replace(tzinfo=UTC), why)
        for order, kind, name, username, at, why in rows
    ]
    return sorted(found, key=lambda one: one.at)


def _order(bulletin: Bulletin) -> Ending | None:
    """Of a stop or an all-clear: who gave it, and what it ends."""
    given = Ending.objects.select_related("person", "target", "area")
    return given.filter(revision__bulletin=bulletin).first()
