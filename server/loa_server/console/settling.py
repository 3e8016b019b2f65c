"""What an author decided about a conflict, carried out: Tiếp nối, Dời or Ghi đè."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from loa_server.areas.models import Person
from loa_server.bulletins.models import Bulletin
from loa_server.bulletins.payload import PAST
from loa_server.bulletins.wording import draft_of
from loa_server.console import conflicts, skipping
from loa_server.console.conflicts import Clash
from loa_server.console.houses import MOST, houses, nodes_at
from loa_server.console.week import House
from loa_server.refusal import Refusal
from loa_wire.bulletin import Bulletin as Frozen
from loa_wire.bulletin import Schedule

NOT_THERE = Refusal(
    "no_clash",
    "Không còn trùng lịch này nữa. Hãy xem lại.",
    "This conflict is no longer there. Look again.",
)

NOTHING_LEFT = Refusal(
    "nothing_left",
    "Bỏ hết các lần trùng thì bản kia không còn lần phát nào. Hãy nhờ người duyệt cho dừng bản đó.",
    "Without the clashing starts nothing would be left of the other. Ask the approver to stop it.",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A conflict as the page offers it; `other` is None where this person may not open it."""

    clash: Clash
    other: Bulletin | None
    may_override: bool

    @property
    def key(self) -> str:
        return f"{self.clash.clock}|{self.clash.other}"


@dataclass(frozen=True, slots=True)
class Case:
    """The draft as it would go out with these times, and the nodes it is for."""

    draft: Frozen
    houses: Sequence[House]

    def clashes(self, now: datetime, until: int | None = None) -> list[Clash]:
        return conflicts.clashes(self.houses, self.draft, now, until)


def case(
    bulletin: Bulletin, schedule: Schedule, expires_at: datetime | None, now: datetime
) -> Case | None:
    """None where there is no calendar to clash with, or where the draft is not complete yet."""
    if schedule.mode != "at":
        return None
    expires = int(expires_at.timestamp() * 1000) if expires_at else None
    changed = replace(draft_of(bulletin), schedule=msgspec.to_builtins(schedule), expires=expires)
    frozen = conflicts.frozen(changed, now)
    if frozen is None:
        return None
    nodes = {n.pk: n for area in bulletin.areas.all() for n in nodes_at(area.path)}
    return Case(frozen, houses(list(nodes.values())[:MOST], now))


def choices(found: Case | None, person: Person, now: datetime) -> list[Choice]:
    clashes = found.clashes(now) if found else []
    rows = Bulletin.objects.select_related("author").in_bulk({clash.other for clash in clashes})
    return [
        Choice(
            clash,
            rows.get(clash.other),
            conflicts.may_override(rows.get(clash.other), person.pk),
        )
        for clash in clashes
    ]


def override(found: Case, other_id: str, person: Person, now: datetime) -> Refusal | None:
    """Every start of the other that clashes while this one lives is taken out, as one revision."""
    clashing = [clash for clash in found.clashes(now, found.draft.exp) if clash.other == other_id]
    moments = sorted({moment for clash in clashing for moment in clash.moments})
    other = Bulletin.objects.filter(pk=other_id).first()
    if other is None or not moments:
        return NOT_THERE
    done = skipping.skip(other, moments, person, now)
    if not isinstance(done, Refusal):
        return None
    return NOTHING_LEFT if done is PAST else done
