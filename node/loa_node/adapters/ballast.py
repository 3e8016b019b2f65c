"""A file of nothing on the card, given up when it is full, so that facts can still be written.

Downloads leave room by themselves; a log, a damaged file set aside, or another program may not.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

SIZE: Final = 8 * 1024 * 1024
"""Tens of thousands of facts: weeks of a node that still plays, on a card that nobody empties."""


class Ballast:
    """`given_up` is true from the moment the room was needed until `noted`."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size
        self.given_up = False

    def take(self) -> None:
        """Takes the room again, where there is more than enough of it."""
        if self._path.exists() or shutil.disk_usage(self._path.parent).free < 2 * self._size:
            return
        beside = self._path.with_name(f".{self._path.name}")
        try:
            with beside.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            beside.rename(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def drop(self) -> bool:
        """Whether there was any to give."""
        try:
            self._path.unlink()
        except OSError:
            return False
        self.given_up = True
        return True

    def noted(self) -> bool:
        """Once true after each time it was given up."""
        told, self.given_up = self.given_up, False
        return told
