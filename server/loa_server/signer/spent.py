"""Which bytes each code of a second factor was good for, as the signer itself remembers.

The database says so too, but whoever can delete an approval's row could put its code into
another one. This file is the signer's own: one line for each word that it signed on.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Final

_LINE: Final = re.compile(r"([0-9]{1,18}) ([0-9]{1,18}) ([0-9a-f]{64})")


class Spent:
    """Without a file it remembers as long as it lives."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._words: dict[tuple[int, int], str] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="ascii", errors="replace").splitlines():
                self._recall(line)

    def elsewhere(self, person: int, step: int, sha256: str) -> bool:
        """Whether this code has stood under other bytes."""
        return self._words.get((person, step), sha256) != sha256

    def keep(self, person: int, step: int, sha256: str) -> None:
        """Returns only once it is on disk."""
        if (person, step) in self._words:
            return
        if self._file is not None:
            _append(self._file, f"\n{person} {step} {sha256}".encode("ascii"))
        self._words[person, step] = sha256

    def _recall(self, line: str) -> None:
        found = _LINE.fullmatch(line)
        if found is not None:  # else torn by a power cut, or what a bad card made of it
            self._words[int(found[1]), int(found[2])] = found[3]


def _append(file: Path, line: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if os.write(handle, line) != len(line):  # what is torn is no memory
            raise OSError(errno.ENOSPC, "no room for a whole line", str(file))
        os.fsync(handle)
    finally:
        os.close(handle)
    # a new file's name must outlive a power cut as its lines do
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
