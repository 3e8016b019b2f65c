"""Which bytes each code of a second factor was good for, as the signer itself remembers.

The database says so too, but whoever can delete an approval's row could put its code into
another one. This file is the signer's own: one line for each word that it signed on.
"""

from __future__ import annotations

import os
from pathlib import Path


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
        words = line.split()
        if len(words) == 3 and len(words[2]) == 64:  # else torn by a power cut
            self._words[int(words[0]), int(words[1])] = words[2]


def _append(file: Path, line: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)
