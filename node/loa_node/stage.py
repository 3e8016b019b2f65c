"""Sound and picture: asks the schedule what is due, runs the playback machine, gives its orders.

Facts are committed before the order that follows them, and a play's outcome is confirmed to the
player only after its fact is on disk: whatever stops in between, each due occurrence ends once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loa_node import cues, fetch, playback, schedule
from loa_node.clock import Clock
from loa_node.diary import Diary
from loa_node.facts import a_fact
from loa_node.fetch import MediaFolder
from loa_node.inbox import Shelf
from loa_node.journal import broken_off
from loa_node.outlets import (
    Alive,
    Gone,
    Outcome,
    Player,
    PlayerEvent,
    PlayerHello,
    Reference,
    Screen,
    ScreenEvent,
    Shown,
    Sounding,
)
from loa_node.standing import Standing
from loa_node.wall import Wall
from loa_wire import programme
from loa_wire.bulletin import Bulletin
from loa_wire.place import Assignment
from loa_wire.up import Fact, LastPlay, Playing

DIAL_MS: Final = 500
GRACE_MS: Final = 10_000
"""How long a player may be away in the middle of a play before the play is given up."""
HELLO_MS: Final = 5_000
"""How long, at start, a player may take to say how the plays before the start ended."""
SELF_TEST: Final = "self-test"
SELF_TEST_MS: Final = 6867
TEST_TONE: Final = "test"


@dataclass(frozen=True, slots=True)
class Sounds:
    """The files that ship with the node."""

    chime: Path
    closing: Path
    drill: Path
    test_tone: Path

    @property
    def self_test(self) -> Path:
        return self.chime.with_name("self-test-vi.opus")


class Stage:
    def __init__(  # noqa: PLR0913 - a composition of ports
        self,
        standing: Standing,
        shelf: Shelf,
        diary: Diary,
        media: MediaFolder,
        *,
        player: Player,
        screen: Screen,
        sounds: Sounds,
    ) -> None:
        self._standing = standing
        self._shelf = shelf
        self._diary = diary
        self._media = media
        self._player = player
        self.wall = Wall(screen, standing, shelf, media)
        self._sounds = sounds
        self._state: playback.State = playback.Idle()
        self._then: list[playback.Event] = []
        self._orphans: dict[str, Fact] = {}
        self._orphans_until = 0
        self._dial_at = 0
        self._gone_at: int | None = None
        self._device_lost = False
        self._opened_mono = 0
        self._ask_at_ms = 0  # wall ms of the next question to the schedule
        self._ask = True
        self._started_mono = 0
        self._calendar_mono: int | None = None
        self.playing: Playing | None = None
        self.last_play: LastPlay | None = None
        self.output = ""
        self.has_microphone = False
        self.tested: Outcome | None = None
        self.toned: Outcome | None = None

    def boot(self, clock: Clock) -> None:
        """Closes what a power cut broke off. What this boot began, the player may still know."""
        self._started_mono = clock.mono_ms
        ends = broken_off(self._diary.past, clock.boot)
        self._diary.write(clock, [fact for fact in ends if fact.reason == "power"])
        self._orphans = {f.occurrence: f for f in ends if f.reason != "power" and f.occurrence}
        self._orphans_until = clock.mono_ms + HELLO_MS

    def look_again(self) -> None:
        """Bulletins, media, place or settings changed."""
        self._ask = True

    def silence(self, reasons: dict[str, str], clock: Clock) -> None:
        for reason in sorted(set(reasons.values())):
            ids = frozenset(i for i, why in reasons.items() if why == reason)
            self._step(playback.Stopped(ids, reason), clock)

    @property
    def resting(self) -> bool:
        return isinstance(self._state, playback.Idle)

    def sound_test(self, clock: Clock) -> bool:
        """What came of it is in `toned`."""
        if not self.resting or not self._player.present:
            return False
        self._player.play(TEST_TONE, self._sounds.test_tone, 0, self._volume("normal", clock), 0)
        return True

    def self_test(self) -> bool:
        """As quietly as this node ever speaks; what came of it is in `tested`."""
        assignment = self._standing.assignment
        idle = isinstance(self._state, playback.Idle) and self._player.present
        if assignment is None or not idle:
            return False
        settings, sound = self._standing.settings, self._sounds.self_test
        lead = settings.lead_in_ms + settings.amplifier_lead_ms
        volume = min(settings.volumes.low, assignment.limits.max_volume)
        reference = Reference(sound.with_suffix(".signs"), 0)
        self._player.play(SELF_TEST, sound, SELF_TEST_MS, volume, lead, reference)
        return True

    def work(self, clock: Clock) -> bool:
        self._keep_calendar(clock)
        self._dial(clock)
        heard, seen = self._player.events(), self.wall.events()
        for said in heard:
            self._on_player(said, clock)
        for done in seen:
            self._on_screen(done, clock)
        self._close_orphans(clock)
        self._watch_player(clock)
        self._step(playback.Tick(), clock)
        self._perform(clock)
        if self.resting:
            self.wall.rest(clock)
        return bool(heard or seen)

    def next_ms(self, clock: Clock) -> int:
        """Monotonic ms at which `work` has something to do even if nothing happens."""
        times = [clock.mono_ms + 1000]
        wakes = playback.wakes_at(self._state)
        if wakes is not None:
            times.append(wakes)
        if self._ask:
            times.append(clock.mono_ms)
        elif clock.calendar:
            times.append(clock.mono_ms + max(0, self._ask_at_ms - clock.now_ms))
        return min(times)

    # what is due

    def _perform(self, clock: Clock) -> None:
        assignment = self._standing.assignment
        if assignment is None or not self._time_to_ask(clock):
            return
        self._ask = False
        self._set_poison_aside(clock)
        self._withdraw_revised(clock)
        plan = schedule.plan(
            self._shelf_now(),
            assignment,
            self._standing.settings,
            self._past(),
            clock,
            self._awake(clock),
            heard=self._diary.past.heard,
        )
        self._ask_at_ms = plan.ask_again
        self._diary.write(clock, [cues.missed_fact(one) for one in plan.missed])
        due = self._with_room(plan.due, assignment.limits.max_session_s * 1000, clock)
        if due:
            items = tuple(self._cue(one, assignment, clock) for one in due)
            self._step(playback.Due(items, self._standing.settings.interrupted), clock)

    def _cue(self, one: programme.Item, assignment: Assignment, clock: Clock) -> playback.Item:
        """Without a calendar nobody knows when the quiet hours are."""
        latest = programme.begin_by(one, assignment, self._standing.settings)
        return cues.item_of(one, latest if clock.calendar else None)

    def _time_to_ask(self, clock: Clock) -> bool:
        turned_back = self._ask_at_ms > clock.now_ms + 2 * schedule.HORIZON_MS
        return self._ask or turned_back or clock.now_ms >= self._ask_at_ms

    def _set_poison_aside(self, clock: Clock) -> None:
        """What ended a program of ours three times is not tried a fourth: a new rev may be good."""
        bulletin, rev = self._diary.past.poison() or ("", 0)
        held = self._held(bulletin)
        if held is not None and held.rev == rev:
            self._diary.write(
                clock, [a_fact("set_aside", bulletin=bulletin, rev=rev, reason="poison")]
            )
            self._shelf.mark([bulletin], "set_aside")
            waiting = playback.queue_of(self._state)
            mine = frozenset(i.occurrence for i in waiting if i.bulletin == bulletin)
            self._step(playback.Withdrawn(mine), clock)

    def _withdraw_revised(self, clock: Clock) -> None:
        revs = {o.bulletin.id: o.bulletin.rev for o in self._shelf.bulletins()}
        waiting = playback.queue_of(self._state)
        old = frozenset(i.occurrence for i in waiting if revs.get(i.bulletin, i.rev) != i.rev)
        if old:
            self._step(playback.Withdrawn(old), clock)

    def _with_room(
        self, due: Sequence[programme.Item], longest_ms: int, clock: Clock
    ) -> list[programme.Item]:
        """What still fits into the session that is going on; the rest waits for the next one."""
        if isinstance(self._state, playback.Idle):
            self._opened_mono = clock.mono_ms
            return list(due)
        queued = sum(playback.length_ms(item) for item in playback.queue_of(self._state))
        room = longest_ms - (clock.mono_ms - self._opened_mono) - queued
        taken: list[programme.Item] = []
        for item in due:
            urgent = item.bulletin.level == "emergency"
            if urgent or item.duration <= room:
                taken.append(item)
                room -= item.duration
        return taken

    def _shelf_now(self) -> schedule.Shelf:
        shelved = self._shelf.bulletins()
        bulletins = [one.bulletin for one in shelved]
        waiting = {one.bulletin.id: "no_proof" for one in shelved if one.silent}
        for b in bulletins:
            if b.id in waiting:
                continue
            if not fetch.sounds_ready(b, self._standing.settings, self._media.holds):
                waiting[b.id] = "no_media"
            elif b.audio and not self._player.present:
                waiting[b.id] = "no_player"
        return schedule.Shelf(bulletins, waiting)

    def _past(self) -> dict[str, str]:
        past = dict(self._diary.past.outcomes)
        past.update(dict.fromkeys(self._diary.past.begun, "queued"))
        past.update(dict.fromkeys(playback.occupied(self._state), "queued"))
        return past

    def _awake(self, clock: Clock) -> schedule.Awake:
        ago = clock.mono_ms - self._started_mono
        calendar_ago = clock.mono_ms - (self._calendar_mono or clock.mono_ms)
        return schedule.Awake(clock.now_ms - ago, clock.now_ms - calendar_ago)

    def _keep_calendar(self, clock: Clock) -> None:
        if clock.calendar and self._calendar_mono is None:
            self._calendar_mono = clock.mono_ms
            self._ask = True

    # the machine and its orders

    def _step(self, event: playback.Event, clock: Clock) -> None:
        moment = playback.Moment(clock.mono_ms, clock.now_ms if clock.calendar else None)
        before = self._state
        self._state, orders = playback.step(before, event, moment)
        if orders:
            self._obey(orders, clock)
        if type(before) is not type(self._state):
            self._ask = True
        while self._then:  # what came of obeying, after everything ordered before it
            self._step(self._then.pop(0), clock)

    def _obey(self, orders: Sequence[playback.Order], clock: Clock) -> None:
        facts: list[Fact] = []
        for order in orders:
            if isinstance(order, playback.Record):
                facts.append(order.fact)
                continue
            self._write(facts, clock)
            facts = []
            self._do(order, clock)
        self._write(facts, clock)

    def _do(self, order: playback.Order, clock: Clock) -> None:
        match order:
            case playback.Play():
                self._play(order, clock)
            case playback.Silence(play):
                self._player.stop(play)
            case playback.Show(item):
                if (held := self._held(item.bulletin)) is not None:
                    self.wall.show(item.occurrence, held, clock)
            case playback.Rest():
                self.playing = None
                self.wall.stale()
            case playback.Record():
                pass  # written before this

    def _write(self, facts: Sequence[Fact], clock: Clock) -> None:
        self._diary.write(clock, facts)
        for fact in facts:
            if fact.fact == "started" and fact.bulletin and fact.occurrence:
                self.playing = Playing(
                    bulletin=fact.bulletin, occurrence=fact.occurrence, since=clock.now_ms
                )
            elif fact.fact == "ended" and fact.bulletin and fact.result:
                self.last_play = LastPlay(
                    bulletin=fact.bulletin,
                    at=clock.now_ms,
                    result=fact.result,
                    evidence=fact.evidence,
                    ear=fact.ear,
                )

    def _play(self, order: playback.Play, clock: Clock) -> None:
        path = self._path(order.sound)
        if path is None:
            self._diary.write(clock, [a_fact("media_failed", reason="damaged", detail=order.sound)])
            damaged = playback.Said("failed", "command", "media_damaged")
            self._then.append(playback.Ended(order.play, damaged))
            return
        settings = self._standing.settings
        lead = settings.lead_in_ms + settings.amplifier_lead_ms if order.first else 0
        held = self._held(order.item.bulletin) if order.item else None
        volume = self._volume(held.level if held else "normal", clock)
        reference = self._reference(held, order.sound) if held else None
        self._player.play(order.play, path, order.duration_ms, volume, lead, reference)

    def _reference(self, bulletin: Bulletin, sound: str) -> Reference | None:
        """The voice's fingerprint, where it has one and it is here: a play never waits for it."""
        prints = [m.fingerprint for m in bulletin.audio.values() if m.sha256 == sound]
        if not prints or prints[0] is None:
            return None
        path = self._media.intact(prints[0].sha256)
        return Reference(Path(path), prints[0].at_ms) if path else None

    def _path(self, sound: str) -> Path | None:
        own = {
            playback.CHIME: self._sounds.chime,
            playback.CLOSING: self._sounds.closing,
            cues.DRILL: self._sounds.drill,
        }
        if sound in own:
            return own[sound]
        intact = self._media.intact(sound)  # hashed again: a card rots
        return Path(intact) if intact else None

    def _volume(self, level: str, clock: Clock) -> int:
        assignment = self._standing.assignment
        if assignment is None:
            return self._standing.settings.volumes.low
        return programme.volume(assignment, self._standing.settings, level, clock.now_ms)

    # player and screen

    def _dial(self, clock: Clock) -> None:
        if clock.mono_ms < self._dial_at:
            return
        self._dial_at = clock.mono_ms + DIAL_MS
        self._player.dial()
        self.wall.dial()

    def _on_player(self, event: PlayerEvent, clock: Clock) -> None:
        match event:
            case PlayerHello():
                self._on_hello(event, clock)
            case Outcome():
                self._on_outcome(event, clock)
            case Gone():
                self._gone_at = clock.mono_ms
                self._diary.write(
                    clock, [a_fact("device_lost", outlet="sound", reason="no_player")]
                )
            case Sounding() | Alive():
                pass

    def _on_hello(self, hello: PlayerHello, clock: Clock) -> None:
        if self._gone_at is not None:
            self._diary.write(clock, [a_fact("device_back", outlet="sound")])
        self._gone_at = None
        self.output, self.has_microphone = hello.output, hello.microphone != "none"
        self._ask = True
        told = {outcome.play for outcome in hello.outcomes}
        for outcome in hello.outcomes:
            self._on_outcome(outcome, clock)
        self._adopt(hello.playing, clock)
        play = _play_of(self._state)
        if play and play != hello.playing and play not in told:
            lost = playback.Said("failed", "command", "player_restarted")
            self._step(playback.Ended(play, lost), clock)

    def _on_outcome(self, outcome: Outcome, clock: Clock) -> None:
        occurrence = outcome.play.rpartition(":")[0]
        if outcome.play == SELF_TEST:
            self.tested = outcome
        if outcome.play == TEST_TONE:
            self.toned = outcome
        orphan = self._orphans.pop(occurrence, None)
        said = cues.said_of(outcome)
        self._note_device(outcome, clock)
        if orphan is not None:
            self._diary.write(clock, [cues.ended_late(orphan, said)])
        else:
            self._step(playback.Ended(outcome.play, said), clock)
        self._player.confirm(outcome.play)

    def _note_device(self, outcome: Outcome, clock: Clock) -> None:
        lost = outcome.reason == "device_lost"
        if lost and not self._device_lost:
            self._diary.write(clock, [a_fact("device_lost", outlet="sound", reason="device_lost")])
        elif self._device_lost and outcome.result == "played":
            self._diary.write(clock, [a_fact("device_back", outlet="sound")])
        self._device_lost = lost or (self._device_lost and outcome.result != "played")

    def _adopt(self, play: str, clock: Clock) -> None:
        """This program was restarted while the player went on: the play is taken up again."""
        occurrence, _, lang = play.rpartition(":")
        orphan = self._orphans.get(occurrence)
        held = self._held(orphan.bulletin or "") if orphan else None
        if held is None or not isinstance(self._state, playback.Idle):
            return
        item = self._item_again(occurrence, held)
        langs = [voice.lang for voice in item.voices]
        if lang in langs:
            before = (playback.Said("partial", "command", "crash"),) * langs.index(lang)
            until = clock.mono_ms + item.voices[len(before)].duration_ms + playback.PATIENCE_MS
            self._state = playback.Speaking(item, before, (), until)
            del self._orphans[occurrence]
            self.wall.show(item.occurrence, held, clock)

    def _item_again(self, occurrence: str, b: Bulletin) -> playback.Item:
        spoken = programme.voices(b, self._standing.settings)
        return cues.item_of(programme.Item(occurrence, b, 0, 0, 0, spoken))

    def _close_orphans(self, clock: Clock) -> None:
        if self._orphans and clock.mono_ms >= self._orphans_until:
            self._diary.write(clock, list(self._orphans.values()))
            self._orphans = {}

    def _watch_player(self, clock: Clock) -> None:
        if self._gone_at is None or clock.mono_ms < self._gone_at + GRACE_MS:
            return
        if _play_of(self._state):
            self._step(playback.PlayerLost("no_player"), clock)

    def _on_screen(self, event: ScreenEvent, clock: Clock) -> None:
        if isinstance(event, Shown):
            self._step(playback.Shown(event.scene), clock)
        else:
            self.wall.heard(event)

    def _held(self, bulletin_id: str) -> Bulletin | None:
        found = [o.bulletin for o in self._shelf.bulletins() if o.bulletin.id == bulletin_id]
        return found[0] if found else None


def _play_of(state: playback.State) -> str:
    if isinstance(state, playback.Opening | playback.Speaking | playback.Closing):
        return state.play
    return ""
