"""Emergencies on their way: written, approved, countersigned, on the real tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fakes.desk import Town, an_approved
from fakes.people import SOME_DAY, a_person
from fakes.signer import NOW, NearDuty
from loa_server.areas import secondfactor, totp
from loa_server.areas.models import Person, Role
from loa_server.bulletins.models import Countersign, Revision
from loa_server.bulletins.refusal import Refusal
from loa_server.dispatch import urgent

AT = SOME_DAY + timedelta(minutes=10)  # fakes.signer.NOW
APP = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def an_officer(town: Town, name: str = "trucban") -> Person:
    return a_person(name, (Role.DUTY, town.city))


def an_emergency(town: Town, **changes: Any) -> Revision:
    """Approved three minutes ago; nobody has countersigned it yet."""
    said = {"level": "emergency", "alert": "flood", "title": {"vi": "Lũ về"}, **changes}
    return an_approved(town, AT - timedelta(minutes=5), **said)


def countersigned(
    revision: Revision, officer: Person, folder: Path, now: datetime = AT
) -> Countersign | Refusal:
    duty = NearDuty(folder, officer.username, now=round(now.timestamp() * 1000))
    return urgent.countersign(
        revision.bulletin_id, officer, revision.sha256, duty.code(), duty, now
    )


def has_app(person: Person) -> None:
    """A second factor whose codes `app_code` makes."""
    secondfactor.give(person, APP, SOME_DAY)


def app_code(now: datetime = AT) -> str:
    return totp.code_at(APP, totp.step_at(now.timestamp()))


assert round(AT.timestamp() * 1000) == NOW
