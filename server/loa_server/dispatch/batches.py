"""A token for many cards of one commune. It makes no node: it lets cards wait with their commune
chosen, until somebody who may take them in there has compared each one's code.

Each act is one transaction with its line in the audit log; from the console it takes a fresh code
of the person's second factor, as taking in does.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from loa_server.areas.models import Area, Person
from loa_server.audit.book import record
from loa_server.dispatch.admission import NO_PLACE, Act, RefusedError, may_take_in, settled, spend
from loa_server.dispatch.enrolment import fingerprint
from loa_server.fleet.models import Batch
from loa_server.refusal import Refusal

MOST: Final = 1000
LONGEST_DAYS: Final = 180

NO_NAME = Refusal(
    "batch_name", "Hãy đặt tên cho lô thẻ, như đồng nghiệp vẫn gọi.", "Name this lot of cards."
)
NO_MEASURE = Refusal(
    "batch_measure",
    f"Số thẻ từ 1 đến {MOST}, số ngày từ 1 đến {LONGEST_DAYS}.",
    f"Cards are 1-{MOST}, days 1-{LONGEST_DAYS}.",
)
CLOSED = Refusal(
    "batch_closed", "Lô này đã đóng, hoặc không có.", "This lot is closed, or does not exist."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    area: Area
    name: str
    uses: int
    days: int


@dataclass(frozen=True, slots=True)
class Made:
    """`token` is shown now and never again."""

    batch: Batch
    token: str


def make(wanted: Wanted, act: Act) -> Made | Refusal:
    """By a person at the console."""

    def proved() -> Made:
        _check(wanted, act.person, act.now)
        spend(act)
        return _make(wanted, act.person, act.now)

    return settled(proved)


def make_here(wanted: Wanted, person: Person, now: datetime) -> Made | Refusal:
    """By whoever is on the district's machine, in the name of a person who may."""

    def checked() -> Made:
        _check(wanted, person, now)
        return _make(wanted, person, now)

    return settled(checked)


def close(number: int, act: Act) -> Batch | Refusal:
    def proved() -> Batch:
        batch = Batch.objects.select_related("area").filter(pk=number).first()
        if batch is None or not may_take_in(act.person, batch.area.path, act.now):
            raise RefusedError(CLOSED)
        spend(act)
        return _close(number, act.person.username, act.now)

    return settled(proved)


def close_here(number: int, now: datetime) -> Batch | Refusal:
    return settled(lambda: _close(number, "loa-server batch", now))


def over(batch: Batch, now: datetime) -> bool:
    """No further card may use it."""
    return batch.closed_at is not None or batch.until <= now or batch.used >= batch.uses


def _check(wanted: Wanted, person: Person, now: datetime) -> None:
    if not may_take_in(person, wanted.area.path, now):
        raise RefusedError(NO_PLACE)
    if not wanted.name.strip():
        raise RefusedError(NO_NAME)
    if not (1 <= wanted.uses <= MOST and 1 <= wanted.days <= LONGEST_DAYS):
        raise RefusedError(NO_MEASURE)


def _make(wanted: Wanted, person: Person, now: datetime) -> Made:
    token = secrets.token_hex(16)
    batch = Batch.objects.create(
        area=wanted.area,
        name=wanted.name.strip()[:120],
        sha256=fingerprint(token),
        uses=wanted.uses,
        made_by=person,
        made_at=now,
        until=now + timedelta(days=wanted.days),
    )
    _record("batch_make", batch, person.username, now)
    return Made(batch, token)


def _close(number: int, who: str, now: datetime) -> Batch:
    if not Batch.objects.filter(pk=number, closed_at=None).update(closed_at=now):
        raise RefusedError(CLOSED)
    batch = Batch.objects.select_related("area").get(pk=number)
    _record("batch_close", batch, who, now)
    return batch


def _record(verb: str, batch: Batch, who: str, now: datetime) -> None:
    detail: dict[str, str | int] = {"name": batch.name, "uses": batch.uses, "used": batch.used}
    area = batch.area
    record(verb, who=who, subject=area.pk, detail=detail, at=now, place=area.path)
