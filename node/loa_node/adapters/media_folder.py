"""media/<sha256> on the card: a name says what is inside, and is checked again before it plays."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"\A[0-9a-f]{64}\Z")
_PIECE = 256 * 1024


class Folder:
    """Files are readable by the group: the player and the screen are other users."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._path = path.resolve()

    def holds(self, sha256: str) -> bool:
        return (self._path / sha256).is_file()

    def intact(self, sha256: str) -> str | None:
        path = self._path / sha256
        try:
            found = _hash(path)
        except OSError:
            return None
        if found == sha256:
            return str(path)
        path.unlink(missing_ok=True)
        return None

    def accept(self, path: Path, sha256: str) -> bool:
        """Moves a file of this card among the media; False, and it stays, if its bytes are
        others."""
        try:
            if not _NAME.match(sha256) or _hash(path) != sha256:
                return False
            path.chmod(0o640)
            path.rename(self._path / sha256)
        except OSError:
            return False
        return True

    def remove(self, sha256: str) -> None:
        with contextlib.suppress(OSError):
            (self._path / sha256).unlink(missing_ok=True)

    def inspect(self) -> Iterator[str]:
        """One round over all files, a piece at a time: "" while all is well, else the name of a
        file whose bytes have changed, or cannot be read, and which is gone now."""
        for path in sorted(self._path.iterdir()):
            if _NAME.match(path.name):
                digest = hashlib.sha256()
                with contextlib.suppress(OSError), path.open("rb") as file:
                    while piece := file.read(_PIECE):
                        digest.update(piece)
                        yield ""
                if digest.hexdigest() != path.name and path.exists():
                    self.remove(path.name)
                    yield path.name

    def keep_only(self, wanted: frozenset[str]) -> None:
        for path in self._path.iterdir():
            name = path.name.partition(".")[0]
            if _NAME.match(name) and name not in wanted:
                path.unlink(missing_ok=True)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
