"""How far the preparing of somebody's file is, for the page that waits for it.

In this process's memory only: web is one process, and a number that is lost costs nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Final

MOST: Final = 200
_JOB: Final = re.compile(r"[a-z0-9]{8,40}")

_lock = threading.Lock()
_done: dict[tuple[int, str], float] = {}


def begin(person: int, job: str) -> Callable[[float], None]:
    """What `job`, a name that the browser made up, tells of itself from now on, 0..1."""
    key = (person, job)
    if not _JOB.fullmatch(job):
        return lambda _part: None

    def tell(part: float) -> None:
        with _lock:
            _done[key] = max(_done.get(key, 0.0), part)
            while len(_done) > MOST:
                del _done[next(iter(_done))]

    tell(0.0)
    return tell


def of(person: int, job: str) -> float | None:
    """Whoever asks sees their own only."""
    with _lock:
        return _done.get((person, job))


def end(person: int, job: str) -> None:
    with _lock:
        _done.pop((person, job), None)
