"""Accounts: made, invited anew, given roles and relieved of them, closed and opened. Each act is
in the audit log.

A registrar answers for the accounts whose every grant lies in their own areas, and never for
their own: nobody takes the second look at themselves away. Roles they give and end in their own
areas only, whoever else the person works for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from loa_server.areas import invitations, secondfactor
from loa_server.areas.folding import fold
from loa_server.areas.models import Area, Grant, Invitation, Person, Role
from loa_server.areas.scope import Standing, outermost
from loa_server.audit.book import record
from loa_server.refusal import Refusal
from loa_wire.localtime import LOCAL

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,40}")

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
NOT_YOUR_PLACE = Refusal(
    "outside_place",
    "Bạn chỉ giao và kết thúc được quyền trong địa bàn của mình.",
    "You give and end roles in your own areas only.",
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
NO_ROLE = Refusal(
    "no_role",
    "Hãy chọn ít nhất một vai trò và một địa bàn.",
    "Choose at least one role and one area.",
)
PAST = Refusal(
    "past",
    "Ngày này đã qua. Hãy chọn từ hôm nay trở đi.",
    "This day has passed. Choose today or later.",
)


@dataclass(frozen=True, slots=True)
class By:
    """Who does it. Without a standing: on the server itself, where nothing is out of reach."""

    name: str
    now: datetime
    standing: Standing | None = None

    @property
    def today(self) -> date:
        return self.now.astimezone(LOCAL).date()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which roles where, up to and with a day."""

    held: Sequence[tuple[Role, Area]]
    until: date | None = None


def may_administer(registrar: Standing, person: int, paths: Iterable[str]) -> Refusal | None:
    """`paths` are of all grants of that person, also of those that have ended."""
    if registrar.person == person:
        return OWN_ACCOUNT
    return None if registrar.may_all("registrar", paths) else NOT_YOURS


def may_give(by: By, wanted: Wanted, person: Person | None = None) -> Refusal | None:
    """To who is yet to be made (None), or to somebody else; never outside one's own areas."""
    if not wanted.held:
        return NO_ROLE
    if wanted.until is not None and wanted.until < by.today:
        return PAST
    return _reaches(by, person, (area.path for _role, area in wanted.held))


def may_make(username: str, wanted: Wanted, by: By) -> Refusal | None:
    if not _NAME.fullmatch(username):
        return BAD_NAME
    if Person.objects.filter(username__iexact=username).exists():
        return NAME_TAKEN
    return may_give(by, wanted)


@transaction.atomic
def make(username: str, full_name: str, wanted: Wanted, by: By) -> tuple[Person, str] | Refusal:
    """The person and the last part of their one-time link."""
    refused = may_make(username, wanted, by)
    if refused is not None:
        return refused
    person = Person.objects.create_user(username, full_name=full_name)
    _grant(person, wanted)
    _tell("account_made", person, by, _said(wanted))
    return person, invitations.invite(person, by.now)


@transaction.atomic
def give(person: Person, wanted: Wanted, by: By) -> Refusal | None:
    """A role they hold there already gets the new last day."""
    refused = may_give(by, wanted, person)
    if refused is None:
        _grant(person, wanted)
        _tell("role_given", person, by, _said(wanted))
    return refused


def may_end(by: By, person: Person, grants: Sequence[Grant], until: date | None) -> Refusal | None:
    held = [(Role(grant.role), grant.area) for grant in grants]
    return may_give(by, Wanted(held, until), person)


@transaction.atomic
def end(person: Person, grants: Sequence[Grant], until: date | None, by: By) -> Refusal | None:
    """After `until`, or at once. The grants stay as the history of the account."""
    refused = may_end(by, person, grants, until)
    if refused is not None:
        return refused
    last = until or by.today - timedelta(days=1)
    person.grants.filter(pk__in=[grant.pk for grant in grants]).update(until=last)
    said = ", ".join(f"{grant.role} {grant.area_id}" for grant in grants)
    _tell("role_ended", person, by, {"role": said, "until": last.isoformat()})
    return None


@transaction.atomic
def reset(person: Person, by: By) -> str | Refusal:
    """A new one-time link; no password, no second factor, no session, no recovery code is left."""
    refused = _administers(by, person)
    if refused is not None:
        return refused
    person.set_unusable_password()
    person.save(update_fields=["password"])
    secondfactor.take_away(person)
    _tell("account_reset", person, by)
    return invitations.invite(person, by.now)


def shut(person: Person, by: By) -> Refusal | None:
    """Every session and every live page of theirs ends."""
    return _set_active(person, active=False, by=by)


def reopen(person: Person, by: By) -> Refusal | None:
    return _set_active(person, active=True, by=by)


@transaction.atomic
def _set_active(person: Person, *, active: bool, by: By) -> Refusal | None:
    refused = _administers(by, person)
    if refused is None:
        person.is_active = active
        person.save(update_fields=["is_active"])
        Invitation.objects.filter(person=person).delete()
        _tell("account_opened" if active else "account_closed", person, by)
    return refused


def named(people: QuerySet[Person], typed: str) -> QuerySet[Person]:
    """Those whose name or user name has every word that was typed, with or without its marks."""
    words = fold(typed).split()
    names = people.order_by().values_list("pk", "full_name", "username")
    found = [
        pk
        for pk, full_name, username in names
        if all(word in fold(f"{full_name} {username}") for word in words)
    ]
    return people.filter(pk__in=found)


def paths_of(person: Person) -> list[str]:
    return list(person.grants.values_list("area__path", flat=True))


def _administers(by: By, person: Person) -> Refusal | None:
    if by.standing is None:
        return None
    return may_administer(by.standing, person.pk, paths_of(person))


def _reaches(by: By, person: Person | None, paths: Iterable[str]) -> Refusal | None:
    if by.standing is None:
        return None
    if person is not None and person.pk == by.standing.person:
        return OWN_ACCOUNT
    return None if by.standing.may_all("registrar", paths) else NOT_YOUR_PLACE


def _grant(person: Person, wanted: Wanted) -> None:
    for role, area in wanted.held:
        person.grants.update_or_create(role=role, area=area, defaults={"until": wanted.until})


def _said(wanted: Wanted) -> dict[str, str]:
    said = {"role": ", ".join(f"{role} {area.pk}" for role, area in wanted.held)}
    return said if wanted.until is None else {**said, "until": wanted.until.isoformat()}


def _tell(verb: str, person: Person, by: By, detail: Mapping[str, str] | None = None) -> None:
    places = outermost(paths_of(person))
    place = places[0] if len(places) == 1 else ""
    record(verb, who=by.name, subject=person.username, detail=detail, at=by.now, place=place)
