"""Files named by what is in them: media/<sha256> in the folder that the nodes' listener serves.

A name is never written twice with other bytes, so a node may resume a download across restarts,
and two bulletins with the same picture share one file. Nothing unpublished is ever put here.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

MEDIA = "media"
CHUNK = 1 << 20


def hash_of(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def place(path: Path, public_dir: Path) -> Path:
    """Copies `path` to public_dir/media/<sha256>; returns only once it is on disk under its name.

    Placing the same bytes again changes nothing.
    """
    shelf = public_dir / MEDIA
    shelf.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=shelf, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        sha256 = _copy(path, descriptor)
        placed = shelf / sha256
        if placed.exists() and placed.stat().st_size == temporary.stat().st_size:
            return placed
        temporary.chmod(0o644)  # public bytes, once published
        temporary.replace(placed)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(shelf)
    return placed


def _copy(path: Path, descriptor: int) -> str:
    """The hash of what was written, which may be read only once: the source could change."""
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "wb") as out, path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """The rename itself must survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
