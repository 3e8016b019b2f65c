"""Programs started beside each other: each with its log, stopped in reverse, missed when dead."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STOP_S = 15.0
_PR_SET_PDEATHSIG = 1


class ChildError(RuntimeError):
    """A program did not start, or ended by itself; the message ends with what it said last."""


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def tail(self, lines: int = 25) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join("    " + line for line in text.splitlines()[-lines:])


class Children:
    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[Child] = []

    def start(self, name: str, command: list[str]) -> Child:
        """Its output goes to `<logs>/<name>.log`, which begins anew."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # no thread is running yet
            )
        child = Child(name, process, log)
        self._running.append(child)
        return child

    def wait_until(self, child: Child, ready: Callable[[], bool], limit_s: float = 60.0) -> None:
        """Raises ChildError when the child ends first, or is not ready within the limit."""
        deadline = time.monotonic() + limit_s
        while not ready():
            if child.process.poll() is not None:
                raise ChildError(f"{child.name} ended at once:\n{child.tail()}")
            if time.monotonic() > deadline:
                raise ChildError(
                    f"{child.name} is not ready after {limit_s:.0f} s:\n{child.tail()}"
                )
            time.sleep(0.05)

    def the_dead(self) -> list[Child]:
        return [child for child in self._running if child.process.poll() is not None]

    def stop(self) -> None:
        """The last started ends first; who does not end in time is killed, and that is said."""
        for child in reversed(self._running):
            if child.process.poll() is not None:
                continue
            child.process.send_signal(signal.SIGTERM)
            try:
                child.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                print(
                    f"  {child.name} did not end within {STOP_S:.0f} s and was killed", flush=True
                )
                child.process.kill()
                child.process.wait()
        self._running.clear()


def _end_with_parent() -> None:
    # A killed parent leaves no broker behind that would hold the port.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
