"""`loa-node run`: the three programs beside each other, as systemd runs them on a kiosk.

One that dies is started again, after a wait that doubles while it keeps dying; the others go on.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loa_node import endings

ORDER: Final = ("player", "screen", "agent")
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
STEADY_S: Final = 60.0
"""A program that ran so long starts again at once."""
STOP_S: Final = 10.0
_PR_SET_PDEATHSIG: Final = 1


@dataclass(slots=True)
class Running:
    name: str
    process: subprocess.Popen[bytes]
    since: float
    wait_s: float = FIRST_WAIT_S
    again_at: float | None = None


def wait_after(previous_s: float, lasted_s: float) -> float:
    """How long to wait before the next start."""
    return FIRST_WAIT_S if lasted_s >= STEADY_S else min(previous_s * 2, LONGEST_WAIT_S)


class Together:
    def __init__(self, config: Path, runtime: Path, names: tuple[str, ...] = ORDER) -> None:
        self._config = config
        self._runtime = runtime
        self._names = names
        self._running: list[Running] = []
        self._ending = threading.Event()

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ending.set())
        self._running = [Running(n, self._start(n), time.monotonic()) for n in self._names]
        while not self._ending.wait(0.2):
            for program in self._running:
                self._look_after(program, time.monotonic())
        self._stop()
        return 0

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "loa_node", name, "--config", str(self._config)]
        return subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches us alone: they are stopped in order
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread is running yet
        )

    def _look_after(self, program: Running, now: float) -> None:
        if program.again_at is not None:
            if now >= program.again_at:
                program.process, program.since = self._start(program.name), now
                program.again_at = None
            return
        code = program.process.poll()
        if code is None:
            return
        if ending := endings.of_code(program.name, max(code, 0), _signal_name(code)):
            endings.note(self._runtime, ending)
        program.again_at = now + program.wait_s
        _say(f"{program.name} ended (code {code}), starts again in {program.wait_s:.1f} s")
        program.wait_s = wait_after(program.wait_s, now - program.since)

    def _stop(self) -> None:
        for program in reversed(self._running):
            if program.process.poll() is None:
                program.process.terminate()
            try:
                program.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                _say(f"{program.name} did not end within {STOP_S:.0f} s and was killed")
                program.process.kill()
                program.process.wait()


def _signal_name(code: int) -> str:
    return signal.Signals(-code).name.removeprefix("SIG") if code < 0 else ""


def _end_with_parent() -> None:
    # three programs without the one that watches them would hold card and screen for ever
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _say(text: str) -> None:
    sys.stdout.write(f"loa-node: {text}\n")
    sys.stdout.flush()
