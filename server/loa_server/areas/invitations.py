"""One-time links: how a new person, or one who has lost their password, sets their own.

What the database keeps cannot be turned into a link, and a link works once, for a day, for the
one person it was made for. Opening it changes nothing: programs that preview messages open links.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from loa_server.areas.models import Invitation, Person
from loa_server.areas.sealing import fingerprint

LIFE: Final = timedelta(hours=24)
_OWNER: Final = "invitation"


def invite(person: Person, now: datetime) -> str:
    """The link's last part: 192 bits that nobody can look up afterwards."""
    token = secrets.token_urlsafe(24)
    Invitation.objects.update_or_create(
        person=person,
        defaults={"fingerprint": fingerprint(token, _OWNER), "until": now + LIFE},
    )
    return token


def invited(token: str, now: datetime) -> Person | None:
    """Whose link this is, while it works."""
    found = (
        Invitation.objects.filter(fingerprint=fingerprint(token, _OWNER), until__gt=now)
        .select_related("person")
        .first()
    )
    return found.person if found is not None and found.person.is_active else None


@transaction.atomic
def redeem(token: str, password: str, now: datetime) -> Person | None:
    """Of two who send it at once one sets the password; the other hears that it was used."""
    person = invited(token, now)
    if person is None:
        return None
    Invitation.objects.filter(person=person).delete()
    person.set_password(password)
    person.must_change_password = False
    person.save(update_fields=["password", "must_change_password"])
    return person
