"""glibc told to give memory back: three programs share a small board with everything else."""

from __future__ import annotations

import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8


def give_back() -> None:
    """Before the first thread. By itself glibc keeps what was freed once, in a heap per thread: a
    decoded poster stayed for ever (13 MB), and libVLC's threads left some MB in each of theirs."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_M_MMAP_THRESHOLD, 256 * 1024)
    mallopt(_M_TRIM_THRESHOLD, 128 * 1024)
    mallopt(_M_ARENA_MAX, 1)
