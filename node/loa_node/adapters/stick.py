"""A USB stick in somebody's hands. Nothing on it may lead out of it, block, or be endless.

Every step down is opened relative to the folder before it and never through a link; a file is a
plain file of a bounded size, or it is not there at all. Names are those the caller asks for.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe must not block
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE: Final = 256 * 1024


class StickError(Exception):
    """The stick cannot be read or written; the message is the system's."""


class Stick:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self, parts: Sequence[str], shape: re.Pattern[str], most: int) -> list[str]:
        """Of what lies in that folder of the stick, in order; only names of this shape."""
        found: list[str] = []
        with (
            contextlib.suppress(OSError),
            self._opened(parts) as folder,
            os.scandir(folder) as held,
        ):
            for entry in held:
                if shape.match(entry.name):
                    found.append(entry.name)
                if len(found) >= most:
                    break
        return sorted(found)

    def read(self, parts: Sequence[str], longest: int) -> bytes | None:
        with contextlib.suppress(OSError), self._file(parts, longest) as file:
            data = file.read(longest + 1)
            return data if len(data) <= longest else None
        return None

    def copy(self, parts: Sequence[str], to: Path, size: int) -> str:
        """Its SHA-256, "" where there is no such file of that size. Raises OSError of `to`."""
        digest = hashlib.sha256()
        try:
            opened = self._file(parts, size)
            with opened as file, to.open("wb") as copy:
                while piece := file.read(_PIECE):
                    digest.update(piece)
                    copy.write(piece)
                    if copy.tell() > size:
                        return ""
                copy.flush()
                os.fsync(copy.fileno())
        except _NotThereError:
            return ""
        return digest.hexdigest()

    def write(self, name: str, lines: Iterable[bytes]) -> Path:
        """Whole under its name, or not at all: people pull sticks out. Raises StickError."""
        place = self._folder / name
        try:
            with self._opened(()) as folder:
                self._write(folder, name, lines)
        except OSError as e:
            raise StickError(f"{place}: {e.strerror}") from e
        return place

    def _write(self, folder: int, name: str, lines: Iterable[bytes]) -> None:
        """A link that waits on the stick under any of our names is never written through."""
        beside = f".{name}.{secrets.token_hex(4)}"
        handle = os.open(beside, _NEW, 0o644, dir_fd=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                for line in lines:
                    file.write(line + b"\n")
                file.flush()
                os.fsync(handle)
            os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=folder)
            raise

    @contextlib.contextmanager
    def _opened(self, parts: Sequence[str]) -> Iterator[int]:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts:
                beneath = os.open(part, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = beneath
            yield handle
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def _file(self, parts: Sequence[str], longest: int) -> Iterator[IO[bytes]]:
        try:
            with self._opened(parts[:-1]) as folder:
                handle = os.open(parts[-1], _FILE, dir_fd=folder)
        except OSError as e:
            raise _NotThereError(e.errno, e.strerror) from e
        with os.fdopen(handle, "rb") as file:
            told = os.fstat(handle)
            if not stat.S_ISREG(told.st_mode) or told.st_size > longest:
                raise _NotThereError(0, "not a plain file of that size")
            yield file


class _NotThereError(OSError):
    """Not on the stick, not a file, or larger than it may be."""
