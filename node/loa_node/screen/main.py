"""`loa-node screen`: scenes in, pixels out.

The promise: on any failure the last good scene stays on the display; a program that cannot draw
at all exits with TRY_AGAIN and is started again, and sound never notices.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pygame

from loa_node import fonts, supervision
from loa_node.alone import give_up_network
from loa_node.config import NodeConfig
from loa_node.lines import Listener, Message
from loa_node.pulse import Pulses
from loa_node.screen import display as displays
from loa_node.screen.blind import Blind
from loa_node.screen.display import Display, DisplayError
from loa_node.screen.scene import Unreadable, parse
from loa_node.screen.show import Now
from loa_node.screen.stage import Stage, StageError
from loa_node.screen.typeface import FontsError, Typeface
from loa_node.thrift import give_back

TRY_AGAIN = 75  # EX_TEMPFAIL: no display now
WRONG_SETUP = 78  # EX_CONFIG
ALIVE_MS = 5000
_SLOWEST_S = 1.0  # nothing moves: still look at the window and the cable once a second


class Program:
    def __init__(
        self, listener: Listener, display: Display, stage: Stage, mirror: str, fps: int
    ) -> None:
        self._listener = listener
        self._display = display
        self._stage = stage
        self._mirror = Path(mirror) if mirror else None
        self._mirrored_ms = -1000
        self._frame_s = 1 / fps
        self._owed: str | None = None  # a scene not yet told to be shown
        self._alive_ms = 0
        self._watchdog = supervision.Watchdog(Pulses())  # one thread: this loop is all there is
        self.closed = False

    def work_once(self, now: Now) -> None:
        for message in self._listener.poll(self._wait_s(now)):
            self._obey(message)
        self._greet()
        now = read_clocks()
        self._look(now)
        ended = self._stage.step(now)
        if ended is not None:
            self._owed = ended.id
        self._tell_shown()
        self._keep_mirror(now)
        self._say_alive(now)
        self._watchdog.work(now.ms / 1000)

    def _wait_s(self, now: Now) -> float:
        if self._stage.moving:
            spent = (time.monotonic() - now.ms / 1000) % self._frame_s
            return self._frame_s - spent
        return min(_SLOWEST_S, max(0, self._stage.next_ms(now) - now.ms) / 1000)

    def _obey(self, message: Message) -> None:
        match message.get("do"):
            case "show":
                self._show(message.get("scene"))
            case "picture":
                self._picture(message.get("path"), message.get("width"))
            case _:
                pass  # an order of a later version

    def _show(self, raw: object) -> None:
        scene = parse(raw)
        if isinstance(scene, Unreadable):
            self._refuse(scene.why)
            return
        try:
            self._stage.show(scene, read_clocks())
        except StageError as e:
            self._refuse(str(e))
            return
        self._owed = scene.id

    def _refuse(self, why: str) -> None:
        supervision.log(f"scene refused: {why}", supervision.WARNING)
        self._listener.send({"is": "refused", "reason": why})

    def _picture(self, path: object, width: object) -> None:
        where, wanted = str(path), width if isinstance(width, int) else 0
        why = "" if where.startswith("/") and "\0" not in where else "path must be absolute"
        try:
            if not why:
                self._display.save(Path(where), wanted)
        except OSError as e:
            why = str(e)
        if why:
            supervision.log(f"no picture of the screen: {why}", supervision.WARNING)
            self._listener.send({"is": "pictured", "path": "", "reason": why})
        else:
            self._listener.send({"is": "pictured", "path": where})

    def _greet(self) -> None:
        if not self._listener.fresh:
            return
        self._listener.fresh = False
        size, driver = list(self._display.size), self._display.driver
        self._listener.send({"is": "hello", "size": size, "driver": driver})

    def _look(self, now: Now) -> None:
        happened = self._display.events()
        if "exposed" in happened:
            self._stage.redraw()
        self.closed = "closed" in happened
        if self._display.driver == "kmsdrm" and self._is_due(now) and displays.unplugged():
            raise DisplayError("unplugged")  # a restart finds the screen that is plugged in next

    def _tell_shown(self) -> None:
        if self._owed is None or not self._stage.settled:
            return
        seconds = self._stage.on.reading_s
        self._listener.send({"is": "shown", "scene": self._owed, "seconds": seconds})
        supervision.status(f"shows {self._stage.on.scene.kind.value} {self._owed}")
        self._owed = None

    def _keep_mirror(self, now: Now) -> None:
        """At most once a second, and never in the middle of a fade."""
        stage = self._stage
        if self._mirror is None or not stage.changed or not stage.settled:
            return
        if now.ms - self._mirrored_ms < 1000:
            return
        stage.changed, self._mirrored_ms = False, now.ms
        try:
            self._display.save(self._mirror)
        except OSError as e:
            supervision.log(f"screen.picture cannot be written: {e}", supervision.WARNING)

    def _is_due(self, now: Now) -> bool:
        return now.ms - self._alive_ms >= ALIVE_MS

    def _say_alive(self, now: Now) -> None:
        if not self._is_due(now):
            return
        fps = round(self._stage.frames * 1000 / max(1, now.ms - self._alive_ms))
        self._alive_ms, self._stage.frames = now.ms, 0
        self._listener.send({"is": "alive", "fps": fps})


def read_clocks() -> Now:
    return Now(ms=time.monotonic_ns() // 1_000_000, wall_ms=time.time_ns() // 1_000_000)


def run(config: NodeConfig) -> int:
    """Until SIGTERM; the exit code says whether to start it again (TRY_AGAIN) or not."""
    supervision.tell_where_it_hung()
    give_back()
    stop = _stop_on_signals()
    if why_not := give_up_network():
        supervision.log(f"the screen could not lock its own network: {why_not}", supervision.ERROR)
    try:
        if config.screen.driver == "off":
            return Blind(Listener(config.screen_socket)).run(stop)
        return _draw(config, stop)
    except FontsError as e:
        supervision.log(str(e), supervision.ERROR)
        return WRONG_SETUP
    except (DisplayError, pygame.error) as e:
        supervision.log(f"no display: {e}", supervision.ERROR)
        return TRY_AGAIN
    finally:
        supervision.stopping()


def _draw(config: NodeConfig, stop: Callable[[], bool]) -> int:
    pygame.font.init()
    typeface = Typeface(fonts.folder(config))
    choices = displays.plans(config.screen, os.environ, board=displays.on_a_board())
    display = displays.open_first(choices)
    stage = Stage(display, typeface, read_clocks())
    listener = Listener(config.screen_socket)
    program = Program(listener, display, stage, config.screen.picture, config.screen.fps)
    supervision.log(f"picture goes to {display.driver} {display.size[0]}x{display.size[1]}")
    supervision.ready()
    while not stop() and not program.closed:
        program.work_once(read_clocks())
    listener.close()
    display.close()
    return 0


def _stop_on_signals() -> Callable[[], bool]:
    """Before SDL starts: it leaves alone the signals that somebody already handles."""
    caught: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught_now, _: caught.append(caught_now))
    return lambda: bool(caught)
