"""The thread that owns the sound: takes orders, watches the play, says what became of it.

idle --play--> lead-in (if any) --ended--> sounding --ended, stalled, lost, stopped--> idle
                 └──────────── a new play cuts off whatever is playing ────────────┘

A play that came to its end is told once the ear has judged it too, at most seconds later.
"""

from __future__ import annotations

import contextlib
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from loa_node.lines import Message
from loa_node.player.ear import MARGIN_S, Ear, Judged, Listening
from loa_node.player.evidence import Observed, judge, weighed
from loa_node.player.orders import Play, Stop
from loa_node.player.sniff import buffer_ms, refusal
from loa_node.player.sound import Heard, Reading, Sound

STALL_S = 3.0
LOST_S = 1.0  # an output that complains is given this long, then it is not waited for
SETTLE_S = 0.2  # a sound server may undo the volume this long after Playing
COUNTED_S = 0.03  # libVLC completes its counts this soon after EndReached
TICK_STARTING_S = 0.005
TICK_SOUNDING_S = 0.05
TICK_IDLE_S = 1.0


@dataclass(slots=True)
class Current:
    """The play under way. Times are time.monotonic(), 0.0 for not yet."""

    order: Play
    ordered_at: float
    turn: int = 0
    leading: bool = False
    playing_at: float = 0.0
    ended_at: float = 0.0
    first_at: float = 0.0
    announced: bool = False
    settled: bool = False
    error_event: bool = False
    complained_at: float = 0.0
    progress: tuple[int, int, int] = (0, 0, 0)
    moved_at: float = 0.0
    listening: Listening | None = None


@dataclass(slots=True)
class Weighing:
    """A play that is over and waits for the ear's word, until `until`."""

    order: Play
    seen: Observed
    listening: Listening
    until: float = field(default=0.0)


class Channel:
    """Orders and what libVLC says arrive in one queue; reports leave through `report`."""

    def __init__(
        self,
        sound: Sound,
        inbox: SimpleQueue[Any],
        report: Callable[[Message], None],
        spare: Path,
        clock: Callable[[], float] = time.monotonic,
        ear: Ear | None = None,
    ) -> None:
        self._sound = sound
        self._inbox = inbox
        self._report = report
        self._spare = spare  # folder for the silence of lead-ins
        self._clock = clock
        self._ear = ear
        self._now: Current | None = None
        self._weighing: list[Weighing] = []
        self.steps = 0  # grows while the thread is alive: the watchdog looks at it

    @property
    def playing(self) -> str | None:
        current = self._now
        return current.order.play if current else None

    def run(self) -> None:
        while self.work_once():
            pass

    def work_once(self) -> bool:
        """False when told to end (a None in the inbox)."""
        self.steps += 1
        try:
            item = self._inbox.get(timeout=self._patience())
        except Empty:
            item = ()
        if item is None:
            self._stop("*", "shutdown")
            self._weigh(at_once=True)
            return False
        self._take(item)
        if self._now is not None:
            self._watch(self._now, self._clock())
        self._weigh()
        return True

    def _patience(self) -> float:
        if self._now is None:
            return TICK_SOUNDING_S if self._weighing else TICK_IDLE_S
        return TICK_SOUNDING_S if self._now.first_at else TICK_STARTING_S

    def _take(self, item: object) -> None:
        match item:
            case Play():
                self._play(item)
            case Stop(play, reason):
                self._stop(play, reason)
            case Heard() if self._now is not None and item.turn == self._now.turn:
                self._listen(self._now, item)

    # Starting and stopping

    def _play(self, order: Play) -> None:
        if self.playing == order.play:
            return  # the agent asked again because it lost our answer
        self._stop("*", "preempted", halt=False)
        refused = "muted" if order.volume == 0 else refusal(order.path)
        current = Current(order, self._clock())
        if refused:
            self._sound.stop()
            self._conclude(order, Observed(refused=refused))
            return
        self._now = current
        self._start(current, leading=order.lead_ms > 0)

    def _start(self, current: Current, *, leading: bool) -> None:
        order = current.order
        path = self._silence(order.lead_ms) if leading else order.path
        current.leading = leading
        current.playing_at = current.ended_at = current.first_at = 0.0
        current.settled, current.progress = False, (0, 0, 0)
        current.moved_at = self._clock()
        name = f"{order.play}#lead-in" if leading else order.play
        current.turn = self._sound.start(name, path, order.volume)

    def _stop(self, play: str, reason: str, *, halt: bool = True) -> None:
        current = self._now
        if current is None or play not in ("*", current.order.play):
            return
        now = self._clock()
        reading = self._sound.reading(now)
        if halt:
            self._sound.stop()
        self._end(current, reading, now, interrupted=reason)

    # Watching

    def _listen(self, current: Current, heard: Heard) -> None:
        match heard.what:
            case "playing":
                current.playing_at = current.playing_at or heard.at
                self._sound.assert_volume(current.order.volume)
            case "ended":
                current.ended_at = heard.at
            case "error":
                current.error_event = True
                current.ended_at = heard.at
            case "output_error":
                if not current.complained_at:
                    current.complained_at = heard.at
                    self._report({"is": "log", "play": current.order.play, "text": heard.text})

    def _watch(self, current: Current, now: float) -> None:
        reading = self._sound.reading(now)
        if not current.settled and current.playing_at and now - current.playing_at >= SETTLE_S:
            current.settled = True
            self._sound.assert_volume(current.order.volume)
        if reading.first_at and not current.first_at:
            current.first_at = reading.first_at
            self._announce(current)
            if self._ear is not None and not current.leading:
                current.listening = self._ear.listen(current.order, reading.first_at)
        self._mark_progress(current, reading, now)
        if current.ended_at and now - current.ended_at >= COUNTED_S and not reading.more:
            self._ended(current, reading, now)
        elif current.complained_at and now - current.complained_at >= LOST_S:
            self._give_up(current, reading, now)
        elif now - current.moved_at >= STALL_S:
            self._give_up(current, reading, now, stalled=True)

    def _announce(self, current: Current) -> None:
        if not current.announced:
            current.announced = True
            self._report(
                {
                    "is": "sounding",
                    "play": current.order.play,
                    "latency_ms": max(0, round((current.first_at - current.ordered_at) * 1000)),
                    "monotonic_us": round(current.first_at * 1_000_000),
                }
            )

    def _mark_progress(self, current: Current, reading: Reading, now: float) -> None:
        progress = (reading.played, reading.lost, reading.heard_ms)
        if progress != current.progress:
            current.progress, current.moved_at = progress, now

    def _ended(self, current: Current, reading: Reading, now: float) -> None:
        if current.leading and not current.error_event:
            self._start(current, leading=False)
            return
        self._sound.finish()
        self._end(current, reading, now)

    def _give_up(
        self, current: Current, reading: Reading, now: float, *, stalled: bool = False
    ) -> None:
        self._sound.stop()
        self._end(current, reading, now, stalled=stalled)

    # Concluding

    def _end(
        self,
        current: Current,
        reading: Reading,
        now: float,
        *,
        interrupted: str = "",
        stalled: bool = False,
    ) -> None:
        lead = current.leading  # what was counted is silence, not the bulletin
        seen = Observed(
            interrupted=interrupted,
            error_event=current.error_event,
            output_error=current.complained_at > 0,
            muted=reading.muted,
            stalled=stalled,
            decoded=0 if lead else reading.decoded,
            played=0 if lead else reading.played,
            lost=0 if lead else reading.lost,
            wall_ms=0 if lead else _wall_ms(current, reading, now),
            sounded_ms=0 if lead else _sounded_ms(current, reading, now),
            device_moved=reading.device_moved,
        )
        self._now = None
        listening = current.listening
        if listening is None or judge(seen, 0).result not in ("played", "partial"):
            self._conclude(current.order, seen)
            if listening is not None:
                listening.abandon()
            return
        self._weighing.append(Weighing(current.order, seen, listening, now + MARGIN_S))
        self._weigh()

    def _weigh(self, *, at_once: bool = False) -> None:
        """Tells what the ear has judged, and what it has had its time for."""
        now, waiting = self._clock(), []
        for one in self._weighing:
            if one.listening.judged is None and now < one.until and not at_once:
                waiting.append(one)
                continue
            one.listening.abandon()
            self._conclude(one.order, one.seen, one.listening.judged or Judged("unsure"))
        self._weighing = waiting

    def _conclude(self, order: Play, seen: Observed, ear: Judged | None = None) -> None:
        verdict = weighed(judge(seen, order.signed_ms), ear.verdict if ear else "")
        self._report(
            {
                "is": "outcome",
                "play": order.play,
                "result": verdict.result,
                "evidence": verdict.evidence,
                "reason": verdict.reason,
                "played_ms": seen.sounded_ms if seen.played else 0,
                "decoded": seen.decoded,
                "played": seen.played,
                "lost": seen.lost,
                "ear": ear.verdict if ear else "",
                "z": round(ear.z * 10) if ear else 0,
            }
        )

    def _silence(self, lead_ms: int) -> Path:
        path = self._spare / f"lead-{lead_ms}.wav"
        if not path.exists():
            self._spare.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with contextlib.closing(wave.open(str(part), "wb")) as file:
                file.setparams((1, 2, 48_000, 0, "NONE", ""))
                file.writeframes(bytes(lead_ms * 48 * 2))
            part.replace(path)
        return path


def _wall_ms(current: Current, reading: Reading, now: float) -> int:
    """How long it sounded. A WAV loudspeaker has counted it; a device ends when libVLC says so."""
    if reading.heard_ms:
        return reading.heard_ms
    began_at = current.playing_at or current.first_at
    ended_at = current.ended_at or now
    return round((ended_at - began_at) * 1000) if began_at else 0


def _sounded_ms(current: Current, reading: Reading, now: float) -> int:
    """The wall time less the holes, as far as somebody has counted them."""
    if reading.heard_ms:
        return reading.heard_ms - reading.gap_ms
    wall_ms = _wall_ms(current, reading, now)
    one_ms = buffer_ms(current.order.path)
    return min(wall_ms, round(reading.played * one_ms)) if one_ms else wall_ms
