"""Files that are either the old one or the new one, whole, also after a power cut."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def place(path: Path, body: bytes, mode: int = 0o644) -> None:
    """Beside it, to the disk, then renamed over it."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)  # the umask may have taken some of it
            file.write(body)
            file.flush()
            os.fsync(handle)
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def create(path: Path, body: bytes, mode: int = 0o644) -> None:
    """Only where nothing is: FileExistsError otherwise. For what must never be written over."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(handle)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
