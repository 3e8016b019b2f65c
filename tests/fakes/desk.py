"""Bulletins on their way through the console's services, for tests that need rows, not forms.

Django must be set up first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fakes.people import SOME_DAY, a_code, a_commune, a_person, an_area
from loa_server.areas.models import Area, Person, Role
from loa_server.bulletins import services
from loa_server.bulletins.models import Approval, Bulletin, Media, Revision
from loa_server.bulletins.services import Sound, Working
from loa_server.dispatch.approve import Word, approve
from loa_wire.bulletin import OPUS

SOUND = "ab" * 32


@dataclass(frozen=True, slots=True)
class Town:
    """Two communes under one city; author and approver of the first, a stranger of the second."""

    city: Area
    commune: Area
    neighbour: Area
    author: Person
    approver: Person
    stranger: Person


def a_town() -> Town:
    city = an_area("vn-75", "Đồng Nai", "city")
    commune, neighbour = a_commune("vn-25351", "Tân Quan"), a_commune("vn-25345", "Tân Hưng")
    for place in (commune, neighbour):
        Area.objects.filter(pk=place.pk).update(parent=city)
        for area in Area.objects.filter(path__startswith=place.path):
            Area.objects.filter(pk=area.pk).update(path=f"{city.path.rstrip('/')}{area.path}")
        place.refresh_from_db()
    Media.objects.create(
        sha256=SOUND,
        bytes=9000,
        type=OPUS,
        duration_ms=3000,
        lufs_tenths=-160,
        origin="upload",
        made_at=SOME_DAY,
    )
    return Town(
        city,
        commune,
        neighbour,
        author=a_person("tac-gia", (Role.AUTHOR, commune)),
        approver=a_person("duyet", (Role.APPROVER, commune)),
        stranger=a_person("la", (Role.AUTHOR, neighbour), (Role.APPROVER, neighbour)),
    )


def working(**changes: Any) -> Working:
    said: dict[str, Any] = {
        "title": {"vi": "Tiêm chủng"},
        "text": {"vi": "Bảy giờ sáng."},
        "areas": ("vn-25351",),
        "schedule": {"mode": "now"},
        "voices": {"vi": Sound(SOUND)},
    }
    return Working(**(said | changes))


def a_draft(town: Town, now: datetime = SOME_DAY, **changes: Any) -> Bulletin:
    made = services.create(town.author, town.commune.id, working(**changes), now)
    assert isinstance(made, str), made
    return Bulletin.objects.get(pk=made)


def a_submitted(town: Town, now: datetime = SOME_DAY, **changes: Any) -> Revision:
    revision = services.submit(a_draft(town, now, **changes).id, town.author, now)
    assert isinstance(revision, Revision), revision
    return revision


def an_approved(town: Town, now: datetime = SOME_DAY, **changes: Any) -> Revision:
    revision = a_submitted(town, now, **changes)
    spent = Approval.objects.filter(approver=town.approver).count()
    at = now + timedelta(minutes=1, seconds=30 * spent)  # each code is good once
    word = Word(revision.sha256, a_code(town.approver, at))
    outcome = approve(revision.bulletin_id, town.approver, word, at)
    assert isinstance(outcome, Approval), outcome
    return revision
