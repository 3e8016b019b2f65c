"""Waiting for whatever happens first: a message, a program at a socket, a finished download."""

from __future__ import annotations

import contextlib
import os
import select


class Waker:
    """`wake` may be called from any thread and from a signal handler."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_write(self._fd, 1)

    def wait(self, others: list[int], timeout_ms: int) -> None:
        """Not at all when one of the others is closed already (-1): nothing would wake for it."""
        poll = select.poll()
        still_open = [fd for fd in others if fd >= 0]
        for fd in (self._fd, *still_open):
            poll.register(fd, select.POLLIN)
        poll.poll(max(0, timeout_ms) if len(still_open) == len(others) else 0)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._fd)

    def close(self) -> None:
        os.close(self._fd)
