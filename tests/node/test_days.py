"""Whole days of a node, as properties: any calendar, any outcome, restarts and clocks that jump.

The real schedule, playback and journal; a loudspeaker that takes its time. Whatever the district
asks for, nothing sounds in quiet hours or after its end, and each due occurrence ends exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from hypothesis import given, note
from hypothesis import strategies as st

from fakes.downloads import FakeMedia
from fakes.examples import examples
from fakes.journal import FakeJournal
from fakes.outlets import FakePlayerEnd, FakeScreenEnd
from fakes.shelf import FakeShelf
from fakes.wire import (
    DAY,
    HOUR,
    NODE,
    NOW,
    UNIT,
    People,
    a_bulletin,
    a_media,
    an_assignment,
    some_settings,
    ulid,
)
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.inbox import Shelved
from loa_node.journal import outcome_of
from loa_node.outlets import Outcome, PlayerHello, Reference
from loa_node.stage import Sounds, Stage
from loa_node.standing import Standing
from loa_wire.bulletin import Bulletin, Late, Repeat, Schedule
from loa_wire.localtime import LOCAL, to_local, window_end
from loa_wire.place import Settings, Slot
from loa_wire.schedule import occurrences, plays_each
from loa_wire.trusted import HardLimits, Window

PEOPLE = People()
SOUNDS = Sounds(*(Path(f"/sounds/{n}") for n in ("chime", "closing", "drill", "tone")))
MINUTE = 60_000
MIDNIGHT = NOW - (NOW + 7 * HOUR) % DAY
CHIME_MS = 3_000
ENDS = ("ended", "missed", "skipped", "stopped", "preempted")


@dataclass
class Loudspeaker(FakePlayerEnd):
    """Says what it is ordered in true time, one thing at a time; some things go wrong."""

    now: int = 0
    spoken: list[tuple[str, int, int]] = field(default_factory=list)  # play, from, until
    until: int = 0
    current: str = ""
    results: list[str] = field(default_factory=list)

    def play(
        self,
        play: str,
        path: Path,
        duration_ms: int,
        volume: int,
        lead_ms: int,
        reference: Reference | None = None,
    ) -> None:
        self._break_off()
        super().play(play, path, duration_ms, volume, lead_ms, reference)
        self.current, self.until = play, self.now + (duration_ms or CHIME_MS)
        self.spoken.append((play, self.now, self.until))

    def stop(self, play: str) -> None:
        super().stop(play)
        self._break_off()

    def _break_off(self) -> None:
        if self.current:
            play, began, _ = self.spoken[-1]
            self.spoken[-1] = (play, began, self.now)
            self.coming.append(Outcome(play, "stopped", "device", "preempted", self.now - began))
            self.current = ""

    def pass_to(self, now: int) -> None:
        self.now = now
        if self.current and now >= self.until:
            result = self.results.pop(0) if self.results else "played"
            reason = "" if result == "played" else "truncated"
            self.coming.append(Outcome(self.current, result, "device", reason, 1000))
            self.current = ""


class Life:
    """One hamlet through some days, in steps of a few seconds while something goes on."""

    def __init__(self, bulletins: Sequence[Bulletin], place: Any, told: Settings) -> None:
        self.bulletins, self.place, self.told = bulletins, place, told
        self.shelf, self.journal, self.boots = FakeShelf(), FakeJournal(), 0
        self.speaker = Loudspeaker()
        self.now, self.mono = MIDNIGHT, 1_000_000
        self.skew = 0  # how wrong the clock is
        self.start()
        self.arrived: set[str] = set()

    def start(self) -> None:
        """The power comes back, or it was never there."""
        self.boots += 1
        spoken, self.mono = self.speaker.spoken, 1_000_000
        if self.speaker.current:
            spoken[-1] = (spoken[-1][0], spoken[-1][1], self.now)
        self.speaker = Loudspeaker(now=self.now, spoken=spoken)
        standing = Standing(NODE, UNIT, PEOPLE.sealed_root(), self.shelf)
        standing.assignment, standing.settings = self.place, self.told
        self.stage = Stage(
            standing, self.shelf, Diary(self.journal, {}), FakeMedia(a_media().sha256),
            player=self.speaker, screen=FakeScreenEnd(), sounds=SOUNDS,
        )  # fmt: skip
        self.stage.boot(self.clock())
        self.speaker.coming.append(PlayerHello("", (), "alsa"))

    def clock(self) -> Clock:
        now = self.now + self.skew
        return Clock("synced", now, MIDNIGHT - DAY, mono_ms=self.mono, boot=f"b{self.boots}")

    def until(self, end: int, results: Sequence[str] = ()) -> None:
        self.speaker.results += results
        while self.now < end:
            busy = self.speaker.current or self.stage._state.__class__.__name__ != "Idle"
            pace = 1_000 if busy else 20_000
            self.now, self.mono = self.now + pace, self.mono + pace
            self.arrive()
            self.speaker.pass_to(self.now)
            self.stage.work(self.clock())

    def arrive(self) -> None:
        for b in self.bulletins:
            if b.id not in self.arrived and b.iat <= self.now:
                self.arrived.add(b.id)
                self.shelf.keep(Shelved(b, b.id, b""), [])
                self.stage.look_again()

    def ends(self) -> Counter[str]:
        return Counter(
            f.occurrence for f in self.journal.facts if f.occurrence and outcome_of(f) is not None
        )

    def voices(self) -> list[tuple[str, int, int]]:
        """(bulletin, from, until) of every voice, in true time."""
        spoken = self.speaker.spoken
        return [(p.partition("/")[0], a, b) for p, a, b in spoken if p.endswith((":vi", ":km"))]


def clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


minutes_of_day = st.integers(0, 1439)


def around(draw: st.DrawFn, focus: int) -> int:
    """Mostly where the quiet hours begin: that is where mistakes are."""
    near = st.integers(-12, 3).map(lambda n: (focus + n) % 1440)
    return draw(st.one_of(near, near, minutes_of_day))


@st.composite
def schedules(draw: st.DrawFn, focus: int) -> Schedule:
    mode: Literal["now", "at", "slots"] = draw(st.sampled_from(["now", "at", "at", "slots"]))
    times = sorted({clock_text(around(draw, focus)) for _ in range(draw(st.integers(1, 4)))})
    repeat = draw(st.none() | st.builds(
        Repeat, times=st.integers(1, 4), gap_s=st.sampled_from([10, 60, 600, 3600])
    ))  # fmt: skip
    late = draw(st.none() | st.builds(Late, play_within_s=st.sampled_from([60, 600, 7200])))
    days = draw(st.lists(st.integers(1, 7), max_size=3, unique=True))
    skipped = to_local(MIDNIGHT + DAY).date().isoformat()
    return Schedule(
        mode=mode,
        times=times if mode == "at" else [],
        weekdays=days if mode != "now" else [],
        skip_dates=draw(st.sampled_from([[], [skipped]])) if mode != "now" else [],
        repeat=repeat if mode != "slots" else None,
        late=late if mode == "at" else None,
        plays=draw(st.integers(1, 3)) if mode == "slots" else 1,
    )


@st.composite
def bulletins(draw: st.DrawFn, focus: int) -> list[Bulletin]:
    made = []
    for n in range(draw(st.integers(1, 4))):
        iat = MIDNIGHT + draw(st.integers(0, 1)) * DAY + around(draw, focus) * MINUTE
        level = draw(st.sampled_from(["normal", "normal", "priority", "emergency"]))
        schedule = draw(schedules(focus))
        if level == "emergency":
            schedule = Schedule(mode="now", repeat=schedule.repeat)
        seconds = draw(st.sampled_from([2, 20, 90, 400]))
        voice = a_media(duration_ms=seconds * 1000)
        languages = draw(st.sampled_from([["vi"], ["vi", "km"]]))
        made.append(
            a_bulletin(
                id=ulid(n + 1), iat=iat, nbf=iat, level=level, schedule=schedule,
                exp=iat + draw(st.integers(1, 40)) * HOUR,
                alert="flood" if level == "emergency" else None,
                audio=dict.fromkeys(languages, voice),
            )
        )  # fmt: skip
    return made


@st.composite
def places(draw: st.DrawFn, focus: int) -> Any:
    ends = (focus + draw(st.integers(1, 600))) % 1440
    quiet = [Window(start=clock_text(focus), end=clock_text(ends))]
    limits = HardLimits(
        quiet_hours=draw(st.sampled_from([quiet, quiet, []])),
        max_session_s=draw(st.sampled_from([60, 600, 2700])),
        repeat_guard_s=draw(st.sampled_from([0, 0, 900, 7200])),
    )
    return an_assignment(limits=limits)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Bulletin], Any]:
    focus = draw(minutes_of_day)
    return draw(bulletins(focus)), draw(places(focus))


@st.composite
def tellings(draw: st.DrawFn) -> Settings:
    slots = [Slot(start=clock_text(draw(minutes_of_day)), minutes=30) for _ in range(2)]
    return some_settings(
        slots=slots,
        languages=["vi", "km"],
        language_mode=draw(st.sampled_from(["first", "all"])),
        interrupted=draw(st.sampled_from(["restart", "resume", "drop"])),
    )


happenings = st.lists(
    st.tuples(
        st.integers(1, 20),  # hours until it
        st.sampled_from(["power", "program", "back", "forth"]),
    ),
    max_size=4,
)
outcomes = st.lists(st.sampled_from(["played", "played", "partial", "failed"]), max_size=20)


def lived(
    said: Sequence[Bulletin], place: Any, told: Settings, happens: Sequence[tuple[int, str]],
    results: Sequence[str], *, clock_jumps: bool,
) -> Life:  # fmt: skip
    """Until everything is long over."""
    life = Life(said, place, told)
    for hours, what in happens:
        life.until(life.now + hours * HOUR, results)
        if what in ("power", "program"):
            life.start()
        elif clock_jumps:
            life.skew = -HOUR if what == "back" else 0
    life.skew = 0
    life.until(max(b.exp for b in said) + 2 * HOUR)
    note(str([(f.fact, f.occurrence, f.reason) for f in life.journal.facts]))
    return life


def rules_hold(life: Life) -> None:
    """Of whatever was said, judged by the true time."""
    by_id = {b.id: b for b in life.bulletins}
    quiet = life.place.limits.quiet_hours
    for bulletin, began, ended in life.voices():
        b = by_id[bulletin]
        assert began < b.exp, "said after its end"
        if b.level != "emergency":
            assert window_end(quiet, began) is None, "begun in quiet hours"
            assert window_end(quiet, ended - 1) is None, "said into quiet hours"
    overlaps = sorted((a, b) for _, a, b in life.voices())
    assert all(one[1] <= two[0] for one, two in pairwise(overlaps))


def each_ends_once(life: Life) -> None:
    twice = {o: n for o, n in life.ends().items() if n != 1}
    assert twice == {}
    begun = {f.occurrence for f in life.journal.facts if f.fact == "started"}
    assert begun <= set(life.ends())


def everything_due_ended(life: Life) -> None:
    """What the calendar names while the bulletin is valid and here: one end for each."""
    ended = life.ends()
    for b in life.bulletins:
        assert b.schedule is not None
        if b.schedule.mode == "at":
            planned = occurrences(b.schedule, life.told, b.nbf, b.exp)
            missing = [t for t in planned if f"{b.id}/{t}" not in ended]
            assert missing == [], [to_local(t).astimezone(LOCAL).isoformat() for t in missing]
        elif b.schedule.mode == "now":
            due = [f"{b.id}/{n}" for n in range(plays_each(b.schedule))]
            first = [o for n, o in enumerate(due) if b.nbf + n * 3600_000 < b.exp - 2 * HOUR]
            assert set(first[:1]) <= set(ended)


@examples(50)
@given(worlds(), tellings(), happenings, outcomes)
def test_nobody_is_disturbed_and_everything_ends_once(
    world: tuple[list[Bulletin], Any], told: Settings, happens: list[tuple[int, str]],
    results: list[str],
) -> None:  # fmt: skip
    life = lived(*world, told, happens, results, clock_jumps=False)

    rules_hold(life)
    each_ends_once(life)
    everything_due_ended(life)


@examples(25)
@given(worlds(), tellings(), happenings, outcomes)
def test_clocks_that_jump_make_nothing_end_twice(
    world: tuple[list[Bulletin], Any], told: Settings, happens: list[tuple[int, str]],
    results: list[str],
) -> None:  # fmt: skip
    life = lived(*world, told, happens, results, clock_jumps=True)

    each_ends_once(life)
