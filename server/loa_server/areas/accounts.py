"""Accounts: made, given a new one-time password, closed and opened. Each act is in the audit log.

A registrar answers for the accounts whose every grant lies in their own areas, and never for
their own: nobody takes the second look at themselves away.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from loa_server.areas import secondfactor
from loa_server.areas.models import Area, Grant, Person, Role
from loa_server.areas.scope import Standing, outermost
from loa_server.audit.book import record
from loa_server.refusal import Refusal

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,40}")

OWN_ACCOUNT = Refusal(
    "own_account",
    "Không tự làm việc này với tài khoản của mình; hãy nhờ một người quản trị khác.",
    "Not to your own account; ask another administrator.",
)
NOT_YOURS = Refusal(
    "outside",
    "Tài khoản này có quyền ngoài địa bàn của bạn.",
    "This account has rights outside your areas.",
)
NAME_TAKEN = Refusal(
    "name_taken",
    "Đã có tài khoản mang tên đăng nhập này.",
    "There is an account of this user name already.",
)
BAD_NAME = Refusal(
    "bad_name",
    "Tên đăng nhập chỉ gồm chữ thường không dấu, chữ số, dấu chấm và gạch, từ 2 ký tự.",
    "A user name is made of small letters, digits, dots and dashes, two or more.",
)


def one_time_password() -> str:
    """60 bits, in three groups that can be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def may_administer(registrar: Standing, person: int, paths: Iterable[str]) -> Refusal | None:
    """`paths` are of all grants of that person, also of those that have ended."""
    if registrar.person == person:
        return OWN_ACCOUNT
    return None if registrar.may_all("registrar", paths) else NOT_YOURS


@transaction.atomic
def make(
    username: str, full_name: str, roles: Sequence[tuple[Role, Area]], who: str, now: datetime
) -> str | Refusal:
    """The one-time password, which nobody can look up afterwards."""
    if not _NAME.fullmatch(username):
        return BAD_NAME
    if Person.objects.filter(username__iexact=username).exists():
        return NAME_TAKEN
    password = one_time_password()
    person = Person.objects.create_user(username, password=password, full_name=full_name)
    Grant.objects.bulk_create(Grant(person=person, role=role, area=area) for role, area in roles)
    said = ", ".join(f"{role} {area.pk}" for role, area in roles)
    _tell("account_made", person, who, now, {"role": said})
    return password


@transaction.atomic
def reset(person: Person, who: str, now: datetime) -> str:
    """A new one-time password; no second factor, no session, no recovery code is left."""
    password = one_time_password()
    person.set_password(password)
    person.must_change_password = True
    person.save(update_fields=["password", "must_change_password"])
    secondfactor.take_away(person)
    _tell("account_reset", person, who, now)
    return password


@transaction.atomic
def shut(person: Person, who: str, now: datetime) -> None:
    """Every session and every live page of theirs ends."""
    person.is_active = False
    person.save(update_fields=["is_active"])
    _tell("account_closed", person, who, now)


@transaction.atomic
def reopen(person: Person, who: str, now: datetime) -> None:
    person.is_active = True
    person.save(update_fields=["is_active"])
    _tell("account_opened", person, who, now)


def paths_of(person: Person) -> list[str]:
    return list(person.grants.values_list("area__path", flat=True))


def _tell(
    verb: str, person: Person, who: str, now: datetime, detail: Mapping[str, str] | None = None
) -> None:
    places = outermost(paths_of(person))
    place = places[0] if len(places) == 1 else ""
    record(verb, who=who, subject=person.username, detail=detail, at=now, place=place)
