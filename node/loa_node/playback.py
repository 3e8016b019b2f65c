"""Step 7 of 10. What sounds and shows now: (state, event, moment) -> state and orders. Pure.

    IDLE --Due--> OPENING (chime) --> SPEAKING --> SPEAKING … --> CLOSING --> IDLE
                      without a voice: SHOWING --> …

One item is spoken in each of its languages, then the next one. `started` is recorded before the
order to play, so it is on disk before the first sample. An urgent item pre-empts: what it breaks
off is recorded as preempted and stands in the queue again, from its beginning or from the language
that was being said, or ends there. Everything that was due ends in exactly one of ended, missed,
stopped, preempted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, assert_never

from loa_node.facts import a_fact
from loa_wire.fields import Ear, Evidence
from loa_wire.place import Interrupted
from loa_wire.up import Fact, Result

CHIME: Final = "chime"
CLOSING: Final = "closing"
CHIME_MS: Final = 10_000
PATIENCE_MS: Final = 25_000
"""How long after its signed end a play may stay without an outcome: lead-in and a slow card."""


@dataclass(frozen=True, slots=True)
class Voice:
    lang: str
    sha256: str
    duration_ms: int  # as signed; evidence is measured against this


@dataclass(frozen=True, slots=True)
class Item:
    occurrence: str
    bulletin: str
    rev: int
    exp: int
    order: tuple[int, int, str]  # smaller goes first: level, planned time, id
    voices: tuple[Voice, ...]
    seconds: int  # on the screen, where there is no voice
    urgent: bool = False
    begin_by: int | None = None  # ms; what waits longer runs into quiet hours
    begun: bool = False  # it was broken off by something urgent
    said: tuple[Said, ...] = ()  # of the voices that had ended by then


@dataclass(frozen=True, slots=True)
class Said:
    """What the player proved of one voice."""

    result: Result
    evidence: Evidence
    reason: str = ""
    played_ms: int = 0
    ear: Ear | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    mono: int
    now: int | None  # None: no clock to judge an exp by


# events


@dataclass(frozen=True, slots=True)
class Due:
    """`interrupted`: what becomes of what an urgent one among them breaks off."""

    items: tuple[Item, ...]
    interrupted: Interrupted = "restart"


@dataclass(frozen=True, slots=True)
class Ended:
    play: str
    said: Said


@dataclass(frozen=True, slots=True)
class Shown:
    """The screen says that this occurrence is on it."""

    occurrence: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """These bulletins must be silent at once: a signed stop, or no longer believed."""

    ids: frozenset[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A newer revision took the place of what waits: it comes due again, as that."""

    occurrences: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlayerLost:
    reason: str


@dataclass(frozen=True, slots=True)
class Tick:
    pass


Event = Due | Ended | Shown | Stopped | Withdrawn | PlayerLost | Tick


# states


@dataclass(frozen=True, slots=True)
class Idle:
    pass


@dataclass(frozen=True, slots=True)
class Opening:
    play: str
    queue: tuple[Item, ...]
    until: int


@dataclass(frozen=True, slots=True)
class Speaking:
    item: Item
    said: tuple[Said, ...]  # of the voices before the one that sounds now
    queue: tuple[Item, ...]
    until: int

    @property
    def voice(self) -> Voice:
        return self.item.voices[len(self.said)]

    @property
    def play(self) -> str:
        return play_id(self.item, self.voice)


@dataclass(frozen=True, slots=True)
class Showing:
    item: Item
    shown: bool
    queue: tuple[Item, ...]
    until: int


@dataclass(frozen=True, slots=True)
class Closing:
    play: str
    until: int


State = Idle | Opening | Speaking | Showing | Closing


# orders


@dataclass(frozen=True, slots=True)
class Play:
    """`sound` is CHIME, CLOSING or the sha256 of a voice."""

    play: str
    sound: str
    duration_ms: int = 0
    item: Item | None = None
    first: bool = False  # the amplifier may have to wake


@dataclass(frozen=True, slots=True)
class Silence:
    """Ends this play; "*" whatever sounds."""

    play: str


@dataclass(frozen=True, slots=True)
class Show:
    item: Item


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is due: the screen goes back to its resting picture."""


@dataclass(frozen=True, slots=True)
class Record:
    fact: Fact


Order = Play | Silence | Show | Rest | Record
Next = tuple[State, list[Order]]


def play_id(item: Item, voice: Voice) -> str:
    return f"{item.occurrence}:{voice.lang}"


def step(state: State, event: Event, moment: Moment) -> Next:
    match event:
        case Due():
            return _due(state, event, moment)
        case Ended(play, said):
            return _ended(state, play, said, moment)
        case Shown() | Withdrawn():
            return _noted(state, event), []
        case Stopped(ids, reason):
            return _stopped(state, ids, reason, moment)
        case PlayerLost(reason):
            return _player_lost(state, reason)
        case Tick():
            return _tick(state, moment)
        case _:
            assert_never(event)


def _noted(state: State, event: Shown | Withdrawn) -> State:
    if isinstance(event, Shown):
        on_it = isinstance(state, Showing) and state.item.occurrence == event.occurrence
        return replace(state, shown=True) if isinstance(state, Showing) and on_it else state
    if isinstance(state, Opening | Speaking | Showing):
        queue = tuple(i for i in state.queue if i.occurrence not in event.occurrences)
        return replace(state, queue=queue)
    return state


def queue_of(state: State) -> tuple[Item, ...]:
    return state.queue if isinstance(state, Opening | Speaking | Showing) else ()


def length_ms(item: Item) -> int:
    return sum(voice.duration_ms for voice in item.voices) or item.seconds * 1000


def current(state: State) -> Item | None:
    return state.item if isinstance(state, Speaking | Showing) else None


def occupied(state: State) -> frozenset[str]:
    """Occurrences that are being said or wait in the queue: they must not come due again."""
    item = current(state)
    return frozenset(i.occurrence for i in (*queue_of(state), *((item,) if item else ())))


def wakes_at(state: State) -> int | None:
    """The monotonic ms at which a Tick has something to say."""
    return None if isinstance(state, Idle) else state.until


def _due(state: State, event: Due, moment: Moment) -> Next:
    taken = occupied(state)
    fresh = tuple(item for item in event.items if item.occurrence not in taken)
    if not fresh:
        return state, []
    queue = _in_order((*queue_of(state), *fresh))
    if isinstance(state, Idle):
        return _open(queue, moment)
    if isinstance(state, Closing):  # the farewell is cut short rather than spoken twice
        return _open(queue, moment)
    if queue[0].urgent and not _urgent_now(state):
        return _preempt(state, queue, event.interrupted, moment)
    return replace(state, queue=queue), []


def _urgent_now(state: State) -> bool:
    item = current(state)
    return item is not None and item.urgent


def _in_order(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda item: (item.order, item.occurrence)))


def _open(queue: tuple[Item, ...], moment: Moment) -> Next:
    if queue[0].urgent or not any(item.voices for item in queue):
        return _next(queue, moment, first=True)
    play = f"{queue[0].occurrence}:{CHIME}"
    opening = Opening(play, queue, moment.mono + CHIME_MS + PATIENCE_MS)
    return opening, [Play(play, CHIME, first=True)]


def _preempt(
    state: State, queue: tuple[Item, ...], interrupted: Interrupted, moment: Moment
) -> Next:
    item = current(state)
    if item is None:
        return _next(queue, moment)
    said = state.said if interrupted == "resume" and isinstance(state, Speaking) else ()
    again = () if interrupted == "drop" else (replace(item, begun=True, said=said),)
    after, orders = _next(_in_order((*queue, *again)), moment)
    came_to: Result | None = None if again else "partial"
    broken = Record(_fact("preempted", item, reason=queue[0].bulletin, result=came_to))
    silence = [Silence("*")] if isinstance(after, Showing) else []
    return after, [broken, *silence, *orders]


def _next(queue: tuple[Item, ...], moment: Moment, *, first: bool = False) -> Next:
    """Begins the first item that has not expired while it waited."""
    orders: list[Order] = []
    for n, item in enumerate(queue):
        if (why := _too_late(item, moment)) is not None:
            orders += _given_up(item, why)
            continue
        state, begin = _begin(item, queue[n + 1 :], moment, first=first)
        return state, [*orders, *begin]
    return Idle(), [*orders, Rest()]


def _too_late(item: Item, moment: Moment) -> str | None:
    if moment.now is None:
        return None
    if item.exp <= moment.now:
        return "expired"
    return "quiet_hours" if item.begin_by is not None and item.begin_by < moment.now else None


def _given_up(item: Item, why: str) -> list[Order]:
    """What had begun ends here. What had not comes due again after the quiet hours, or is missed
    by its calendar: the schedule knows."""
    if item.begun:
        return [Record(ended_fact(item, summed((*item.said, Said("partial", "command", why)))))]
    return [Record(_fact("missed", item, reason=why))] if why == "expired" else []


def _begin(item: Item, queue: tuple[Item, ...], moment: Moment, *, first: bool) -> Next:
    orders: list[Order] = [Record(_fact("started", item))]
    if not item.voices:
        until = moment.mono + item.seconds * 1000
        return Showing(item, shown=False, queue=queue, until=until), [*orders, Show(item)]
    state, play = _speak(item, item.said, queue, moment, first=first)
    return state, [*orders, play, Show(item)]


def _speak(
    item: Item, said: tuple[Said, ...], queue: tuple[Item, ...], moment: Moment, *, first: bool
) -> tuple[Speaking, Play]:
    voice = item.voices[len(said)]
    state = Speaking(item, said, queue, moment.mono + voice.duration_ms + PATIENCE_MS)
    return state, Play(state.play, voice.sha256, voice.duration_ms, item, first)


def _ended(state: State, play: str, said: Said, moment: Moment) -> Next:
    match state:
        case Opening(queue=queue, play=mine) if play == mine:
            return _next(queue, moment)  # a chime that fails keeps nothing from being said
        case Speaking() if play == state.play:
            return _voice_ended(state, said, moment)
        case Closing(play=mine) if play == mine:
            return Idle(), [Rest()]
        case _:
            return state, []  # of a play that was broken off before


def _voice_ended(state: Speaking, said: Said, moment: Moment) -> Next:
    so_far = (*state.said, said)
    if len(so_far) < len(state.item.voices):
        speaking, play = _speak(state.item, so_far, state.queue, moment, first=False)
        return speaking, [play]
    return _after(state.item, summed(so_far), state.queue, moment)


def _after(item: Item, said: Said, queue: tuple[Item, ...], moment: Moment) -> Next:
    ended = Record(ended_fact(item, said))
    if queue:
        state, orders = _next(queue, moment)
        return state, [ended, *orders]
    if not item.voices:
        return Idle(), [ended, Rest()]
    play = f"{item.occurrence}:{CLOSING}"
    return Closing(play, moment.mono + CHIME_MS + PATIENCE_MS), [ended, Play(play, CLOSING)]


def summed(said: tuple[Said, ...]) -> Said:
    """All voices of one item: as good as its worst, as proved as its least proved."""
    results = {one.result for one in said}
    result: Result = "partial"
    if len(results) == 1:
        result = said[0].result
    reach: tuple[Evidence, ...] = ("command", "decoder", "device", "heard")
    evidence = min((one.evidence for one in said), key=reach.index)
    reason = next((one.reason for one in said if one.reason), "")
    judged: tuple[Ear, ...] = ("not_heard", "unsure", "no_mic", "heard")
    ear = min((one.ear for one in said if one.ear), key=judged.index, default=None)
    return Said(result, evidence, reason, sum(one.played_ms for one in said), ear)


def _stopped(state: State, ids: frozenset[str], reason: str, moment: Moment) -> Next:
    queue = tuple(item for item in queue_of(state) if item.bulletin not in ids)
    gone = [item for item in queue_of(state) if item.bulletin in ids]
    records: list[Order] = [Record(_fact("stopped", item, reason=reason)) for item in gone]
    item = current(state)
    if item is not None and item.bulletin in ids:
        after, orders = _next(queue, moment)
        stopped = Record(_fact("stopped", item, reason=reason))
        return after, [Silence("*"), stopped, *records, *orders]
    if isinstance(state, Opening) and gone and not queue:
        return Idle(), [Silence("*"), *records, Rest()]
    if isinstance(state, Opening | Speaking | Showing):
        return replace(state, queue=queue), records
    return state, records


def _player_lost(state: State, reason: str) -> Next:
    """The queue is let go: it comes due again, or is missed, when the player is back."""
    match state:
        case Speaking(item=item, said=said):
            lost = Said("failed", "command", reason)
            return Idle(), [Record(ended_fact(item, summed((*said, lost)))), Rest()]
        case Opening() | Closing():
            return Idle(), [Rest()]
        case Idle() | Showing():
            return state, []
        case _:
            assert_never(state)


def _tick(state: State, moment: Moment) -> Next:
    if isinstance(state, Idle) or moment.mono < state.until:
        return state, []
    match state:
        case Showing(item=item, shown=shown, queue=queue):
            seen = Said("played", "device") if shown else Said("failed", "command", "no_screen")
            return _after(item, seen, queue, moment)
        case Speaking():
            after, orders = _voice_ended(state, Said("failed", "command", "no_answer"), moment)
            return after, [Silence("*"), *orders]
        case Opening(queue=queue):
            after, orders = _next(queue, moment)
            return after, [Silence("*"), *orders]
        case Closing():
            return Idle(), [Silence("*"), Rest()]
        case _:
            assert_never(state)


def ended_fact(item: Item, said: Said) -> Fact:
    return a_fact(
        "ended",
        bulletin=item.bulletin,
        rev=item.rev,
        occurrence=item.occurrence,
        outlet=_outlet(item),
        result=said.result,
        evidence=said.evidence,
        reason=said.reason or None,
        played_ms=said.played_ms,
        ear=said.ear,
    )


def _fact(name: str, item: Item, reason: str | None = None, result: Result | None = None) -> Fact:
    return a_fact(
        name,  # type: ignore[arg-type]
        bulletin=item.bulletin,
        rev=item.rev,
        occurrence=item.occurrence,
        outlet=_outlet(item),
        reason=reason,
        result=result,
    )


def _outlet(item: Item) -> str:
    return "sound" if item.voices else "screen"
