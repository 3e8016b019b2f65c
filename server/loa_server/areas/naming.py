"""What a place is called, and what it was called on a day: history keeps the old name. Pure but
for `area.names`, which callers fetch beforehand for many areas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loa_server.areas.models import Area, AreaName


@dataclass(frozen=True, slots=True)
class Called:
    kind: str
    name: str


def called_on(area: Area, day: date) -> Called:
    """As it was called that day; as today where nothing else is known."""
    for former in area.names.all():
        if _held(former, day):
            return Called(former.kind, former.name)
    return Called(area.kind, area.name)


def _held(former: AreaName, day: date) -> bool:
    began = former.valid_from is None or former.valid_from <= day
    return began and former.valid_until is not None and day <= former.valid_until
