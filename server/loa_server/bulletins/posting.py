"""Niêm yết: an approved bulletin stays before the public for so many days. An approver's act."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from loa_server.areas.models import Person
from loa_server.areas.reach import standing_of
from loa_server.areas.scope import Standing
from loa_server.bulletins.models import Bulletin, Posting, State
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import note
from loa_wire.localtime import LOCAL

LONGEST_DAYS: Final = 90
NOT_OUT = Refusal(
    "not_out",
    "Chỉ niêm yết bản tin đã phát hành.",
    "Only a bulletin that has been published is posted.",
)
NOT_YOURS = Refusal(
    "outside",
    "Chỉ người duyệt của địa bàn được niêm yết và gỡ niêm yết.",
    "Only an approver of the place posts it and takes it down.",
)
NO_DAYS = Refusal("days", f"Số ngày từ 1 đến {LONGEST_DAYS}.", f"Days are 1-{LONGEST_DAYS}.")
_OUT: Final = (State.PUBLISHED, State.ENDED)


def standing(bulletin: Bulletin, today: date) -> Posting | None:
    """The posting that is up today."""
    return bulletin.postings.filter(down_at=None, until__gte=today).first()


def may_post(bulletin: Bulletin, person: Standing) -> bool:
    return bulletin.kind == "play" and person.may("approver", bulletin.home.path)


@transaction.atomic
def post(bulletin: Bulletin, days: int, person: Person, now: datetime) -> Posting | Refusal:
    """From today on; the one that is up, if any, is taken down with it."""
    if not may_post(bulletin, standing_of(person, now)):
        return NOT_YOURS
    if bulletin.state not in _OUT:
        return NOT_OUT
    if not 1 <= days <= LONGEST_DAYS:
        return NO_DAYS
    _end(bulletin, person, now)
    until = now.astimezone(LOCAL).date() + timedelta(days=days - 1)
    made = Posting.objects.create(bulletin=bulletin, until=until, by=person, at=now)
    note(bulletin.id, person, "post", now, why=f"{days}")
    return made


@transaction.atomic
def take_down(bulletin: Bulletin, person: Person, now: datetime) -> Refusal | None:
    if not may_post(bulletin, standing_of(person, now)):
        return NOT_YOURS
    if _end(bulletin, person, now):
        note(bulletin.id, person, "unpost", now)
    return None


def _end(bulletin: Bulletin, person: Person, now: datetime) -> int:
    up = bulletin.postings.filter(down_at=None, until__gte=now.astimezone(LOCAL).date())
    return up.update(down_at=now, down_by=person)
