"""One person silences the loudspeakers of an area: what was issued until now falls silent there.

For a voice that nobody here wrote, a wrong place, a funeral: when there is no time to find out
which bulletin it is. What lies wholly in the area is recalled; what is meant for more than it goes
on elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from loa_server.areas.models import Area, Person
from loa_server.areas.reach import standing_of
from loa_server.areas.scope import Standing
from loa_server.areas.secondfactor import prove
from loa_server.bulletins import endings
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import note
from loa_server.dispatch.hint import hint
from loa_server.dispatch.urgent import Given, new_id, order
from loa_wire.fields import Level

HUSHERS = ("approver", "duty")
NO_AREA = Refusal(
    "no_area",
    "Hãy chọn địa bàn cần im tiếng.",
    "Choose the area that is to fall silent.",
)
OUTSIDE = Refusal(
    "outside",
    "Bạn không được ra lệnh dừng ở địa bàn này.",
    "You may not order silence in this area.",
)
DUTY_ALONE = Refusal(
    "duty_alone",
    "Chỉ trực ban của địa bàn mới được dừng cả báo động khẩn cấp.",
    "Only a duty officer of the area may silence its alarms too.",
)


@dataclass(frozen=True, slots=True)
class Hush:
    """What is asked for. `code`: of the person's second factor."""

    area: str
    alarms_too: bool
    code: str
    why: str = ""


def silence(asked: Hush, person: Person, now: datetime) -> str | Refusal:
    """Returns the id of the order."""
    with transaction.atomic():
        done = _silence(asked, person, now)
    if isinstance(done, str):
        hint()
    return done


def _silence(asked: Hush, person: Person, now: datetime) -> str | Refusal:
    area = Area.objects.filter(pk=asked.area).first()
    if area is None:
        return NO_AREA
    level: Level = "emergency" if asked.alarms_too else "priority"
    refused = may_silence(area, level, standing_of(person, now))
    proved = refused or prove(person, asked.code, now)
    if isinstance(proved, Refusal):
        return proved
    made = endings.hush(area.id, level, new_id(now), round(now.timestamp() * 1000))
    order(area, made, Given(person, proved, asked.why, now), area=area)
    note(made.id, person, "hush", now, why=asked.why.strip())
    return made.id


def may_silence(area: Area, level: Level, standing: Standing) -> Refusal | None:
    if not any(standing.may(role, area.path) for role in HUSHERS):
        return OUTSIDE
    alone = level == "emergency" and not standing.may("duty", area.path)
    return DUTY_ALONE if alone else None
