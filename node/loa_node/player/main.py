"""`loa-node player`: orders in, sound out, and an outcome for each play.

The promise: an outcome is on disk before the agent hears of it, and is said again at every
connection until the agent confirms it. Sound does not depend on who is connected.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from loa_node import supervision
from loa_node.alone import give_up_network
from loa_node.config import NodeConfig
from loa_node.lines import Listener, Message
from loa_node.player.channel import Channel
from loa_node.player.ear import Ear
from loa_node.player.microphone import choose as choose_microphone
from loa_node.player.orders import Confirm, Play, Report, Stop, read
from loa_node.player.outcomes import Outcomes
from loa_node.player.output import Output, choose
from loa_node.player.sound import Sound, SoundError
from loa_node.thrift import give_back

ALIVE_S = 5.0
STOP_S = 5.0
BUSY_S, IDLE_S = 0.02, 0.25  # how long a report may wait to be passed on


class Program:
    def __init__(
        self,
        listener: Listener,
        channel: Channel,
        inbox: SimpleQueue[Any],
        reports: SimpleQueue[Message],
        outcomes: Outcomes,
        about: Message,
    ) -> None:
        self._listener = listener
        self._channel = channel
        self._inbox = inbox
        self._reports = reports
        self._outcomes = outcomes
        self._about = about
        self._asked: str | None = None  # the play that owes an outcome
        self._alive_at = 0.0
        self._beat_s = supervision.beat_s()
        self._beat_at = 0.0
        self._steps = -1

    def work_once(self, now: float) -> None:
        for message in self._listener.poll(BUSY_S if self._asked else IDLE_S):
            self._obey(message)
        if self._listener.fresh:
            self._listener.fresh = False
            self._listener.send(self._hello())
        self.pass_on()
        if now - self._alive_at >= ALIVE_S:
            self._alive_at = now
            self._listener.send({"is": "alive", "playing": self._asked})
        if now - self._beat_at >= self._beat_s:
            self._beat_at = now
            self._feed_watchdog()

    def pass_on(self) -> None:
        while True:
            try:
                report = self._reports.get_nowait()
            except Empty:
                return
            if report["is"] == "log":
                supervision.log(report["text"], supervision.ERROR, play=report["play"])
                continue
            if report["is"] == "outcome":
                self._conclude(report)
            self._listener.send(report)

    def close(self) -> None:
        self._listener.close()

    def _conclude(self, outcome: Message) -> None:
        self._outcomes.keep(outcome)
        if self._asked == outcome["play"]:
            self._asked = None
        supervision.log(_sentence(outcome), play=outcome["play"], reason=outcome["reason"])

    def _obey(self, message: Message) -> None:
        order = read(message)
        match order:
            case Play():
                self._asked = order.play
                self._inbox.put(order)
            case Stop():
                self._inbox.put(order)
            case Confirm(play):
                self._outcomes.forget(play)
            case Report():
                self._listener.send(self._hello())
            case None:
                supervision.log(f"not an order: {str(message)[:200]}", supervision.WARNING)

    def _hello(self) -> Message:
        return {
            "is": "hello",
            "playing": self._asked,
            "outcomes": self._outcomes.all(),
            **self._about,
        }

    def _feed_watchdog(self) -> None:
        """Only when the sound thread has moved: a libVLC call that hangs must end in a restart."""
        if self._channel.steps != self._steps:
            self._steps = self._channel.steps
            supervision.alive()
            supervision.status(f"playing {self._asked or 'nothing'}")


def run(config: NodeConfig) -> int:
    """Until SIGTERM or SIGINT; 1 when no sound can be made here."""
    supervision.tell_where_it_hung()
    give_back()
    if why_not := give_up_network():  # before libVLC is loaded, and before any thread
        supervision.log(f"the player could not lock its own network: {why_not}", supervision.ERROR)
    output = choose(config, os.environ)
    inbox: SimpleQueue[Any] = SimpleQueue()
    reports: SimpleQueue[Message] = SimpleQueue()
    try:
        sound, version = _sound(output, config, inbox)
    except SoundError as e:
        supervision.log(str(e), supervision.ERROR)
        return 1
    own = config.state_dir / "player"
    name, microphone = choose_microphone(config, Path(config.agent.sysfs))
    own.mkdir(parents=True, exist_ok=True)
    ear = Ear(microphone, own / "usual-level", supervision.log)
    channel = Channel(sound, inbox, reports.put, own, ear=ear)
    program = Program(
        Listener(config.player_socket, supervision.agent_uids()),
        channel,
        inbox,
        reports,
        Outcomes(own / "outcomes.json"),
        {"output": output.name, "libvlc": version, "microphone": name},
    )
    if not _serve(program, channel, inbox):
        supervision.log("the sound thread has ended or hangs", supervision.ERROR)
        return 1  # systemd starts us again
    sound.close()
    return 0


def _serve(program: Program, channel: Channel, inbox: SimpleQueue[Any]) -> bool:
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    thread = threading.Thread(target=channel.run, name="sound", daemon=True)
    thread.start()
    supervision.ready()
    while not ending.is_set() and thread.is_alive():
        program.work_once(time.monotonic())
    supervision.stopping()
    inbox.put(None)
    thread.join(STOP_S)
    program.pass_on()
    program.close()
    return ending.is_set() and not thread.is_alive()


def _sound(output: Output, config: NodeConfig, inbox: SimpleQueue[Any]) -> tuple[Sound, str]:
    try:
        from loa_node.player.vlc_player import VlcPlayer, version  # noqa: PLC0415 - loads libVLC
    except (ImportError, OSError, NotImplementedError) as e:
        raise SoundError(f"libVLC cannot be loaded: is libvlc5 installed? ({e})") from e
    sound = VlcPlayer(output, Path(config.agent.sysfs), inbox)
    sound.open()
    return sound, version()


def _sentence(outcome: Message) -> str:
    reason = f" ({outcome['reason']})" if outcome["reason"] else ""
    ear = f", ear {outcome['ear']} (z {outcome['z'] / 10})" if outcome["ear"] else ""
    return f"{outcome['play']}: {outcome['result']}{reason}, evidence {outcome['evidence']}{ear}"
