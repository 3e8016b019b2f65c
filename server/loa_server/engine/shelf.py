"""public/: plain files that the nodes' listener serves, made from the database and made again."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Container, Iterable
from pathlib import Path

from loa_server.dispatch.public import PublicFile
from loa_server.files import place

log = logging.getLogger(__name__)


class PublicShelf:
    def __init__(self, public: Path, private: Path) -> None:
        self._public = public
        self._private = private

    def put(self, files: Iterable[PublicFile]) -> None:
        """Returns once every one is on disk under its name. Raises OSError."""
        for file in files:
            path = self._public / file.path
            if file.body is None:
                self._medium(path, self._private / file.path)
            elif not _holds(path, file.body):
                path.parent.mkdir(parents=True, exist_ok=True)
                place(path, file.body)

    def prune(self, wanted: Container[str], before: float, most: int) -> int:
        """Removes up to `most` media and envelopes that are not wanted and were made before then
        (seconds since 1970). Returns how many went."""
        gone = 0
        for kind in ("media", "envelopes"):
            for path in sorted((self._public / kind).glob("*")):
                if gone == most:
                    return gone
                if f"{kind}/{path.name}" in wanted or path.stat().st_mtime >= before:
                    continue
                path.unlink()
                gone += 1
        return gone

    def _medium(self, path: Path, source: Path) -> None:
        """The same bytes under a second name: no copy on the way to an alarm, where links work."""
        if path.exists():
            return
        if not source.exists():
            # one lost file must not hold back every other bulletin; nodes report what they miss
            log.error("%s is in no folder of ours and cannot be published", source.name)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            try:
                os.link(source, beside)
            except OSError:  # another file system, or one without links
                _copy(source, beside)
            beside.rename(path)
        finally:
            beside.unlink(missing_ok=True)
        _sync(path.parent)


def _holds(path: Path, body: bytes) -> bool:
    try:
        return path.read_bytes() == body
    except OSError:
        return False


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o644)
    handle = os.open(target, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
