"""What a node will say, in order: bulletins, place and settings become sessions. Pure.

`compose` is the one answer to "what plays when": the node asks it for the next moment, the console
for the next seven days. `past` holds every occurrence that already has an outcome or is queued, so
asking again is harmless. A session is chime, items in order (priority, planned time, id), closing.

Rules no bulletin can pass, an emergency excepted: quiet hours, the longest session, the repeat
guard. A time of the calendar that falls into quiet hours is missed; a "now" waits for their end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from loa_wire.bulletin import Bulletin, Media
from loa_wire.fields import level_rank
from loa_wire.limits import LIFE_MS
from loa_wire.localtime import next_start, touches, window_end
from loa_wire.place import Assignment, Settings
from loa_wire.schedule import gap_ms, occurrences, plays_each
from loa_wire.trusted import Window

CHIME_MS = 4_000
"""What chime and closing take of a session, reckoned generously."""
GAP_MS = 1_000
GRACE_MS = 60_000
"""A start this much after its planned time is still on time: sessions have a length."""

SPOKEN = ("played", "partial")
NEVER: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Item:
    """`planned` is 0 for now; `start` and `duration` in ms are when and how long it will sound."""

    occurrence: str
    bulletin: Bulletin
    planned: int
    start: int
    duration: int
    voices: tuple[tuple[str, Media], ...]


@dataclass(frozen=True, slots=True)
class Session:
    start: int
    end: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """A due occurrence that will not sound; `at` (ms) is when that became, or becomes, so."""

    occurrence: str
    bulletin: Bulletin
    at: int
    reason: (
        str  # late | expired | quiet_hours | session_full | too_long | repeat_guard | no_session
    )


@dataclass(frozen=True, slots=True)
class Programme:
    sessions: tuple[Session, ...]
    missed: tuple[Missed, ...]

    def items(self) -> list[Item]:
        return [item for session in self.sessions for item in session.items]


def compose(  # noqa: PLR0913 - all that decides what plays
    bulletins: Iterable[Bulletin],
    assignment: Assignment,
    settings: Settings,
    past: Mapping[str, str],
    start: int,
    end: int,
    *,
    heard: Mapping[str, int] = NEVER,
) -> Programme:
    """Everything that sounds in [start, end), seen from `start`, and everything that will not.

    `heard` is {bulletin id: ms when it last sounded here}, for the repeat guard.
    """
    here = set(assignment.area_ids())
    hall = _Hall(assignment, settings, past, start, end, heard)
    for bulletin in sorted(bulletins, key=lambda b: b.id):
        if bulletin.kind in ("play", "drill") and here & set(bulletin.areas):
            hall.admit(bulletin)
    return hall.sessions()


def voices(bulletin: Bulletin, settings: Settings) -> tuple[tuple[str, Media], ...]:
    """What this node says it in, in its own order; if it has none of those, the best there is."""
    wanted = [lang for lang in settings.languages if lang in bulletin.audio]
    if not wanted:
        wanted = sorted(bulletin.audio, key=lambda lang: (lang != "vi", lang))[:1]
    if settings.language_mode == "first":
        wanted = wanted[:1]
    return tuple((lang, bulletin.audio[lang]) for lang in wanted)


def sounding_ms(bulletin: Bulletin, settings: Settings) -> int:
    spoken = [media.duration_ms or 0 for _, media in voices(bulletin, settings)]
    if not spoken:
        return bulletin.screen.seconds * 1000
    return sum(spoken) + GAP_MS * (len(spoken) - 1)


def quiet_windows(assignment: Assignment, settings: Settings) -> list[Window]:
    """The hard ones and the node's own: settings can add quiet, never take it away."""
    return [*assignment.limits.quiet_hours, *settings.quiet_hours]


def begin_by(item: Item, assignment: Assignment, settings: Settings) -> int | None:
    """The last moment (ms) at which it may still begin, however long it waits for its turn; None:
    any. It must be over, with the closing, when the next quiet hours begin."""
    if item.bulletin.level == "emergency" and item.bulletin.kind == "play":
        return None
    quiet = next_start(quiet_windows(assignment, settings), item.start)
    return None if quiet is None else quiet - item.duration - CHIME_MS


def volume(assignment: Assignment, settings: Settings, level: str, ms: int) -> int:
    """Percent for libVLC. Low-volume hours do not bind an emergency; the safety maximum does."""
    step = "high" if level == "emergency" else "normal"
    if level != "emergency":
        for hours in settings.volume_hours:
            if window_end([hours.window], ms) is not None:
                step = hours.volume
    steps = {
        "low": settings.volumes.low,
        "normal": settings.volumes.normal,
        "high": settings.volumes.high,
    }
    return min(steps[step], assignment.limits.max_volume)


@dataclass(frozen=True, slots=True)
class _Candidate:
    occurrence: str
    bulletin: Bulletin
    planned: int
    ready: int  # not before this
    duration: int
    later: tuple[int, ...] = ()  # slots: the sessions after this one

    def order(self) -> tuple[int, int, str, int]:
        return (
            -level_rank(self.bulletin.level),
            self.planned or self.bulletin.nbf,
            self.bulletin.id,
            self.ready,
        )

    @property
    def urgent(self) -> bool:
        return self.bulletin.level == "emergency" and self.bulletin.kind == "play"


class _Hall:
    """The working table of one compose call."""

    def __init__(
        self,
        assignment: Assignment,
        settings: Settings,
        past: Mapping[str, str],
        start: int,
        end: int,
        heard: Mapping[str, int],
    ) -> None:
        self._settings = settings
        self._limits = assignment.limits
        self._quiet = quiet_windows(assignment, settings)
        self._past = past
        self._start = start
        self._end = end
        self._waiting: list[_Candidate] = []
        self._missed: list[Missed] = []
        self._said = dict(heard)  # bulletin id -> when it last sounded

    # who is due

    def admit(self, b: Bulletin) -> None:
        if b.schedule is None:
            return
        match b.schedule.mode:
            case "now":
                self._admit_now(b)
            case "at":
                self._admit_calendar(b)
            case "slots":
                self._admit_slots(b)

    def _admit_now(self, b: Bulletin) -> None:
        assert b.schedule is not None  # noqa: S101 - admit has looked
        gap = gap_ms(b.schedule)
        for n in range(plays_each(b.schedule)):
            occurrence, planned = f"{b.id}/{n}", b.nbf + n * gap
            if occurrence in self._past or planned >= self._end:
                continue
            if n and planned + max(gap, GRACE_MS) <= self._start:
                self._miss(occurrence, b, planned, "late")
            else:
                self._wait(occurrence, b, 0, max(planned, self._start))

    def _admit_calendar(self, b: Bulletin) -> None:
        assert b.schedule is not None  # noqa: S101
        late = b.schedule.late
        patience = max(GRACE_MS, late.play_within_s * 1000 if late else 0)
        for planned in self._planned(b, b.exp):
            occurrence = f"{b.id}/{planned}"
            if occurrence in self._past:
                continue
            if planned + patience < self._start:
                self._miss(occurrence, b, planned + patience, "late")
            elif planned < self._end:
                self._wait(occurrence, b, planned, max(planned, self._start))

    def _admit_slots(self, b: Bulletin) -> None:
        assert b.schedule is not None  # noqa: S101
        planned = self._planned(b, b.exp)
        said = [t for t in planned if self._past.get(f"{b.id}/{t}") in (*SPOKEN, "queued")]
        wanted = b.schedule.plays - len(said)
        open_slots = [
            t
            for t in planned
            if f"{b.id}/{t}" not in self._past and t + self._slot_ms(t) > self._start
        ]
        if not open_slots and not said and b.exp <= self._start:
            self._miss(f"{b.id}/{planned[-1] if planned else b.nbf}", b, b.exp, "no_session")
        if wanted > 0 and open_slots and open_slots[0] < self._end:
            self._offer(b, open_slots, wanted)

    def _offer(self, b: Bulletin, slots: list[int], wanted: int) -> None:
        """One candidate for each play still wanted; what does not fit moves to a later session."""
        for n, planned in enumerate(slots[:wanted]):
            if planned < self._end:
                self._waiting.append(self._in_slot(b, planned, tuple(slots[n + wanted :])))

    def _in_slot(self, b: Bulletin, planned: int, later: tuple[int, ...]) -> _Candidate:
        return _Candidate(
            f"{b.id}/{planned}",
            b,
            planned,
            max(planned, self._start),
            sounding_ms(b, self._settings),
            later,
        )

    def _planned(self, b: Bulletin, until: int) -> list[int]:
        assert b.schedule is not None  # noqa: S101
        oldest = max(b.nbf, self._start - LIFE_MS["normal"])
        horizon = max(self._end, self._start) + LIFE_MS["normal"]
        return occurrences(b.schedule, self._settings, oldest, min(until, horizon))

    def _wait(self, occurrence: str, b: Bulletin, planned: int, ready: int) -> None:
        duration = sounding_ms(b, self._settings)
        self._waiting.append(_Candidate(occurrence, b, planned, ready, duration))

    def _miss(self, occurrence: str, b: Bulletin, at: int, reason: str) -> None:
        if occurrence not in self._past:
            self._missed.append(Missed(occurrence, b, at, reason))

    # what sounds

    def sessions(self) -> Programme:
        made: list[Session] = []
        cursor = self._start
        while self._waiting:
            cursor = max(cursor, min(c.ready for c in self._waiting))
            if cursor >= self._end:
                break
            session, cursor = self._session(cursor)
            if session.items:
                made.append(session)
        return Programme(tuple(made), tuple(self._missed))

    def _session(self, opens: int) -> tuple[Session, int]:
        items: list[Item] = []
        cursor = opens
        while ready := [c for c in self._waiting if c.ready <= cursor]:
            candidate = min(ready, key=_Candidate.order)
            self._waiting.remove(candidate)
            refusal = self._refusal(candidate, opens, cursor)
            if refusal is not None:
                self._put_off(candidate, refusal, opens, cursor)
                continue
            items.append(self._item(candidate, cursor))
            self._said[candidate.bulletin.id] = cursor
            cursor += candidate.duration + GAP_MS
        return Session(opens, cursor, tuple(items)), cursor

    def _item(self, c: _Candidate, start: int) -> Item:
        spoken = voices(c.bulletin, self._settings)
        return Item(c.occurrence, c.bulletin, c.planned, start, c.duration, spoken)

    def _refusal(self, c: _Candidate, opens: int, cursor: int) -> str | None:
        """Why this may not start at `cursor` in the session that opened at `opens`, or None."""
        if cursor >= c.bulletin.exp:
            return "expired"
        if c.urgent:
            return None
        over = cursor + c.duration + 2 * CHIME_MS  # before it and after it
        room = self._longest_ms(c) - CHIME_MS
        rules = (
            ("too_long", c.duration > room),
            ("quiet_hours", touches(self._quiet, cursor, over)),
            ("repeat_guard", self._too_soon(c, cursor)),
            ("session_full", over - opens > room),
        )
        return next((reason for reason, broken in rules if broken), None)

    def _too_soon(self, c: _Candidate, cursor: int) -> bool:
        guard = self._limits.repeat_guard_s * 1000
        prefix = f"{c.bulletin.id}/"
        earlier = [
            int(key[len(prefix) :])
            for key, outcome in self._past.items()
            if guard and key.startswith(prefix) and outcome in SPOKEN
        ]
        earlier.append(self._said.get(c.bulletin.id, 0))
        return any(cursor - guard < t <= cursor for t in earlier if t > 1000)

    def _longest_ms(self, c: _Candidate) -> int:
        longest = self._limits.max_session_s * 1000
        return min(longest, self._slot_ms(c.planned)) if self._is_slot(c) else longest

    @staticmethod
    def _is_slot(c: _Candidate) -> bool:
        return c.bulletin.schedule is not None and c.bulletin.schedule.mode == "slots"

    def _slot_ms(self, planned: int) -> int:
        """How long the session that starts then may last."""
        for slot in self._settings.slots:
            minute = (planned // 60_000 + 7 * 60) % 1440
            if minute == int(slot.start[:2]) * 60 + int(slot.start[3:]):
                return slot.minutes * 60_000
        return 0

    def _put_off(self, c: _Candidate, reason: str, opens: int, cursor: int) -> None:
        """Another moment if the bulletin allows one, else a miss."""
        movable = reason in ("quiet_hours", "session_full", "repeat_guard")
        if movable and self._is_slot(c):
            if c.later and c.later[0] < self._end:
                self._waiting.append(self._in_slot(c.bulletin, c.later[0], c.later[1:]))
            return
        if movable and c.planned == 0:
            again = self._next_moment(c, reason, cursor)
            self._waiting.append(replace(c, ready=max(again, opens + 1)))
            return
        self._miss(c.occurrence, c.bulletin, max(cursor, c.ready), reason)

    def _next_moment(self, c: _Candidate, reason: str, cursor: int) -> int:
        if reason == "quiet_hours":
            over = window_end(self._quiet, cursor) or window_end(self._quiet, cursor + c.duration)
            return over if over is not None else cursor + GRACE_MS
        if reason == "repeat_guard":
            return self._said.get(c.bulletin.id, cursor) + self._limits.repeat_guard_s * 1000 + 1
        return cursor + GRACE_MS
