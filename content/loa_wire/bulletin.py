"""A bulletin: what is said, to whom, until when, and how loud the right to say it is.

`level` is the three classes of TT 39/2020. A stop ends what was issued up to two signed integers
and so needs no clock; an all_clear names the emergency it ends.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from loa_wire import limits
from loa_wire.fields import (
    Alert,
    AreaId,
    Clock,
    Count,
    Date,
    Document,
    Kind,
    Lang,
    Level,
    Moment,
    Ms,
    Part,
    Sha256,
    Ulid,
    Weekday,
)

OPUS = "audio/ogg; codecs=opus"
JPEG = "image/jpeg"


class Fingerprint(Part, frozen=True):
    """The sound's 1-bit reference, itself fetched by hash, never inline."""

    sha256: Sha256
    bytes: Count
    at_ms: Count = 0  # where in the sound it lies


class Media(Part, frozen=True):
    sha256: Sha256
    bytes: Annotated[int, Meta(ge=1, lt=limits.INTEGER)]
    type: Annotated[str, Meta(max_length=80)]
    duration_ms: Count | None = None  # sound only; evidence compares with this, never a decoder's
    lufs: int | None = None  # tenths: -160 is -16.0 LUFS
    fingerprint: Fingerprint | None = None


class Repeat(Part, frozen=True):
    times: Annotated[int, Meta(ge=1, le=20)] = 1  # plays in all
    gap_s: Annotated[int, Meta(ge=0, le=86_400)] = 0  # between two planned starts


class Late(Part, frozen=True):
    play_within_s: Annotated[int, Meta(ge=1, le=86_400)]


class Schedule(Part, frozen=True):
    """Structured data in local wall time, never a user's RRULE. `late` absent means skip."""

    mode: Literal["now", "at", "slots"]
    times: Annotated[list[Clock], Meta(max_length=24)] = []
    weekdays: Annotated[list[Weekday], Meta(max_length=7)] = []  # empty: every day
    start: Date | None = msgspec.field(default=None, name="from")
    until: Date | None = None  # its last day
    skip_dates: Annotated[list[Date], Meta(max_length=400)] = []
    extra_dates: Annotated[list[Date], Meta(max_length=400)] = []
    skip_times: Annotated[list[Moment], Meta(max_length=400)] = []  # one start, with its repeats
    repeat: Repeat | None = None
    plays: Annotated[int, Meta(ge=1, le=100)] = 1  # slots only: at most so many sessions
    late: Late | None = None


class Origin(Part, frozen=True):
    """The bulletin from above that this one is a commune's copy of."""

    id: Ulid
    rev: Count


class Source(Part, frozen=True):
    number: Annotated[str, Meta(max_length=120)] = ""
    issuer: Annotated[str, Meta(max_length=200)] = ""


class Screen(Part, frozen=True):
    layout: Annotated[str, Meta(max_length=40)] = "text"
    seconds: Annotated[int, Meta(ge=5, le=3600)] = 30
    ticker: Annotated[str, Meta(max_length=500)] = ""


class Stops(Part, frozen=True):
    """Either some ids, or everything that was issued up to a moment, wherever it was meant to be
    heard: it ends on the loudspeakers of one area, and goes on elsewhere."""

    ids: Annotated[list[Ulid], Meta(max_length=200)] = []
    area: AreaId | None = None
    issued_upto: Ms | None = None


Texts = dict[Lang, Annotated[str, Meta(max_length=12_000)]]


class Bulletin(Document, frozen=True, tag="bulletin"):
    kind: Kind
    id: Ulid
    rev: Annotated[int, Meta(ge=1, lt=limits.INTEGER)]
    level: Level
    areas: Annotated[list[AreaId], Meta(min_length=1, max_length=limits.AREAS)]
    iat: Ms
    nbf: Ms
    exp: Ms
    genre: Annotated[str, Meta(max_length=40)] = ""
    alert: Alert | None = None  # an emergency must say which
    origin: Origin | None = None
    source: Source = Source()
    title: Texts = {}
    text: Texts = {}
    audio: dict[Lang, Media] = {}
    images: Annotated[list[Media], Meta(max_length=12)] = []
    screen: Screen = Screen()
    schedule: Schedule | None = None  # play and drill have one
    stops: Stops | None = None  # kind stop
    ends: Ulid | None = None  # kind all_clear
    replaces: Ulid | None = None  # a correction names what it corrects
    replay: bool = False  # a new rev starts its counts again
    crit: Annotated[list[str], Meta(max_length=16)] = []  # features a reader must know

    def media(self) -> list[Media]:
        """Everything a node must hold before this can be heard and seen."""
        return [*self.audio.values(), *self.images]

    def files(self) -> list[Sha256]:
        """Names of all that lies beside it: the media, and what a microphone compares with."""
        prints = [one.fingerprint for one in self.audio.values() if one.fingerprint]
        return [*(one.sha256 for one in self.media()), *(one.sha256 for one in prints)]


KNOWN_CRIT: frozenset[str] = frozenset()
"""Nothing is critical in v1; whatever a later district marks so, this reader refuses."""


LONGEST_MS = max(limits.LIFE_MS.values())
"""An ending is not asked how long it may live (step 10): nobody may make one that never goes."""


def contradiction(b: Bulletin) -> str | None:
    """What makes a well-formed bulletin meaningless, or None. Checked with the schema (step 6)."""
    if not b.iat <= b.nbf < b.exp:
        return "iat <= nbf < exp does not hold"
    if b.kind in ("play", "drill"):
        if b.schedule is None:
            return f"kind {b.kind} without a schedule"
        return _schedule_contradiction(b.schedule) or _alarm_contradiction(b)
    return _ending_contradiction(b)


def _ending_contradiction(b: Bulletin) -> str | None:
    if b.exp - b.iat > LONGEST_MS:
        return "an ending that outlives whatever it could end"
    if b.kind == "stop":
        return _stop_contradiction(b)
    return "an all_clear names no emergency" if b.ends is None else None


def _alarm_contradiction(b: Bulletin) -> str | None:
    if b.kind == "play" and b.level == "emergency" and b.alert is None:
        return "an emergency names no alert kind"
    return None


def _schedule_contradiction(s: Schedule) -> str | None:
    if s.mode == "at" and not s.times:
        return "a schedule at no time"
    if s.repeat is not None and s.repeat.times > 1 and s.repeat.gap_s < 10:
        return "repeats less than 10 s apart"
    for text in (s.start, s.until, *s.skip_dates, *s.extra_dates):
        if text is not None and not _is_date(text):
            return f"no such day: {text}"
    if s.start is not None and s.until is not None and s.start > s.until:
        return "from is after until"
    return None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _stop_contradiction(b: Bulletin) -> str | None:
    stops = b.stops
    if stops is None or bool(stops.ids) == (stops.area is not None):
        return "a stop names either ids or an area"
    if stops.area is not None and stops.issued_upto is None:
        return "an area stop without issued_upto"
    if stops.issued_upto is not None and stops.issued_upto > b.iat:
        return "a stop of what was issued after itself"
    if stops.area is not None and b.areas != [stops.area]:
        return "an area stop is for its own area and no other"
    return None
