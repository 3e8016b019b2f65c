"""Does every thread move? What is asked before the watchdog is fed.

A thread that waits for work owes nothing. One at work has promised to move again within so many
seconds; when it has not, the program is fed no more and systemd starts it again.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Task:
    """One piece of work of one thread. `moved` is a new promise, from now on."""

    def __init__(self, name: str, within_s: float, clock: Callable[[], float]) -> None:
        self.name = name
        self._within_s = within_s
        self._clock = clock
        self.due = clock() + within_s

    def moved(self) -> None:
        self.due = self._clock() + self._within_s


class Pulses:
    """Of one program. Any thread may be at work; the one that feeds the watchdog asks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._tasks: dict[int, Task] = {}

    @contextmanager
    def at_work(self, name: str, within_s: float) -> Iterator[Task]:
        task, number = Task(name, within_s, self._clock), next(self._numbers)
        with self._lock:
            self._tasks[number] = task
        yield task  # a thread that dies at work never moves again: its task stays
        with self._lock:
            del self._tasks[number]

    def stuck(self) -> list[str]:
        now = self._clock()
        with self._lock:
            return sorted({task.name for task in self._tasks.values() if task.due < now})
