"""What the public may read: bytes that were signed and sent, by place. Never a working copy.

A recalled bulletin is nowhere but in the feed, which says that it was recalled. A drill is no
news. What a commune's loudspeakers say is also what stands over it says, and what its hamlets hear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from loa_server.areas.models import Area
from loa_server.bulletins.models import Posting, Revision, State
from loa_server.console import languages
from loa_server.dispatch.models import Envelope
from loa_wire.bulletin import Bulletin, Media
from loa_wire.localtime import LOCAL
from loa_wire.parse import decode

KEPT: Final = timedelta(days=30)
MOST: Final = 400
SHOWN: Final = 50
PLACES: Final = ("province", "city", "district", "commune", "ward")


@dataclass(frozen=True, slots=True)
class Tongue:
    lang: str
    title: str
    text: str
    voice: Media | None


@dataclass(frozen=True, slots=True)
class Notice:
    """One bulletin as the public reads it. `until`: the last day of its posting."""

    id: str
    bulletin: Bulletin
    home: str
    at: datetime
    state: str
    until: date | None
    tongues: list[Tongue]

    @property
    def urgent(self) -> bool:
        return self.bulletin.level == "emergency" and self.state == State.PUBLISHED

    @property
    def title(self) -> str:
        return next((t.title for t in self.tongues if t.title), self.id)


class _Read:
    """Signed bytes that were read before. Under one hash they never change, so this is never old;
    what does change (recalled, posted) is asked of the database each time."""

    def __init__(self) -> None:
        self._held: Mapping[str, Bulletin] = {}

    def of(self, revisions: Sequence[Revision]) -> Mapping[str, Bulletin]:
        wanted = {revision.sha256 for revision in revisions}
        kept = {sha256: held for sha256, held in self._held.items() if sha256 in wanted}
        missing = [r.pk for r in revisions if r.sha256 not in kept]
        for sha256, payload in Revision.objects.filter(pk__in=missing).values_list(
            "sha256", "payload"
        ):
            kept[sha256] = decode(bytes(payload), Bulletin)
        self._held = kept
        return kept


_READ: Final = _Read()


def places() -> list[Area]:
    """Those that have a page: communes and what stands over them."""
    return list(Area.objects.filter(kind__in=PLACES).order_by("path"))


def notices(area: Area, now: datetime) -> list[Notice]:
    """Everything that was sent there in the last month or is posted, also what was recalled:
    emergencies that run, then what is posted, then the newest."""
    found = _sent(now)
    paths = dict(
        Area.objects.filter(pk__in={a for _e, b in found for a in b.areas}).values_list(
            "pk", "path"
        )
    )
    posted = dict(
        Posting.objects.filter(
            down_at=None, until__gte=now.astimezone(LOCAL).date(),
            bulletin__in=[b.id for _e, b in found],
        ).values_list("bulletin_id", "until")
    )  # fmt: skip
    here = [
        _notice(envelope, bulletin, posted.get(bulletin.id))
        for envelope, bulletin in found
        if any(_concerns(paths.get(one, ""), area.path) for one in bulletin.areas)
    ]
    here.sort(key=lambda n: (not n.urgent, n.until is None, -n.at.timestamp()))
    return here[:SHOWN]


def on_page(found: Sequence[Notice]) -> list[Notice]:
    return [notice for notice in found if notice.state != State.RECALLED]


def _sent(now: datetime) -> list[tuple[Envelope, Bulletin]]:
    """The newest revision of each that people wrote, as it was signed."""
    recent = Envelope.objects.filter(published_at__gte=now - KEPT)
    posted = Envelope.objects.filter(
        revision__bulletin__postings__down_at=None,
        revision__bulletin__postings__until__gte=now.astimezone(LOCAL).date(),
    )
    wanted = (recent | posted).distinct().order_by("-published_at")
    rows = list(
        wanted.select_related("revision__bulletin__home").defer("body", "revision__payload")[:MOST]
    )
    read = _READ.of([row.revision for row in rows])
    newest: dict[str, tuple[Envelope, Bulletin]] = {}
    for row in rows:
        bulletin = read[row.revision.sha256]
        if bulletin.kind == "play":
            newest.setdefault(bulletin.id, (row, bulletin))
    return list(newest.values())


def _concerns(target: str, place: str) -> bool:
    return bool(target) and (target.startswith(place) or place.startswith(target))


def _notice(envelope: Envelope, bulletin: Bulletin, until: date | None) -> Notice:
    row = envelope.revision.bulletin
    used = languages.in_order({*bulletin.title, *bulletin.text, *bulletin.audio})
    return Notice(
        id=bulletin.id,
        bulletin=bulletin,
        home=row.home.name,
        at=envelope.published_at,
        state=row.state,
        until=until,
        tongues=[
            Tongue(
                lang,
                bulletin.title.get(lang, ""),
                bulletin.text.get(lang, ""),
                bulletin.audio.get(lang),
            )
            for lang in used
        ],
    )
