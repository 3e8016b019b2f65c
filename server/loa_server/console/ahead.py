"""What the loudspeakers of a person's places will say next, by the bulletins' own signed calendars.

Each bulletin once, at its next start of today and tomorrow. What a single node leaves out, for its
quiet hours or a longer queue, the week grid knows (week.py): this is one query for any number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from loa_server.areas.naming import Called
from loa_server.areas.scope import ids_of
from loa_server.console.desk import Desk, reach
from loa_server.console.houses import usual_settings
from loa_server.console.plain import EARLIEST, LATEST
from loa_server.dispatch.models import Envelope, ManifestItem
from loa_wire.bulletin import Bulletin
from loa_wire.localtime import at_local, to_local
from loa_wire.parse import decode
from loa_wire.schedule import occurrences

MOST: Final = 200
"""Bulletins that are looked at, the newest first: a district's screen has room for eight."""


@dataclass(frozen=True, slots=True)
class Next:
    at: int  # ms
    id: str
    title: dict[str, str]
    home: Called  # who wrote it

    @property
    def odd(self) -> bool:
        return not EARLIEST <= to_local(self.at).strftime("%H:%M") < LATEST


def ahead(desk: Desk, now: datetime, most: int) -> list[Next]:
    """The first first."""
    ms = int(now.timestamp() * 1000)
    end = at_local(to_local(ms).date() + timedelta(days=2), "00:00")
    slots = usual_settings()
    found = []
    for payload, kind, name in _running(desk, ms):
        bulletin = decode(bytes(payload), Bulletin)
        if bulletin.kind != "play" or bulletin.schedule is None:
            continue
        if starts := occurrences(bulletin.schedule, slots, ms, min(bulletin.exp, end)):
            found.append(Next(starts[0], bulletin.id, dict(bulletin.title), Called(kind, name)))
    return sorted(found, key=lambda one: (one.at, one.id))[:most]


def _running(desk: Desk, ms: int) -> list[tuple[bytes, str, str]]:
    """(payload, kind and name of its home) of what is published here, below or above."""
    above = {area for scope in desk.standing.scopes() for area in ids_of(scope)}
    here = Q(reach(desk, "area__path")) | Q(area__in=above)
    items = ManifestItem.objects.filter(here, exp__gt=ms)
    home = "revision__bulletin__home"
    rows = Envelope.objects.filter(pk__in=items.values("sha256")).order_by("-published_at")
    return list(rows.values_list("revision__payload", f"{home}__kind", f"{home}__name")[:MOST])
