"""A folder between whoever brings something and the agent: a parcel appears whole, by rename.

    <parcel>/<n>.<kind>.<whose>.<version>   documents, in order       <parcel>/<sha256>   media
    <parcel>.said                 what the agent said of it
Whoever brings is root or the agent's own user; everything here belongs to the agent.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol, cast, get_args

from loa_node.brought import Document, Parcel
from loa_wire import stick

RESERVE: Final = 32 * 1024 * 1024
_KINDS: Final = frozenset(get_args(stick.Kind))


class Source(Protocol):
    def copy(self, parts: Sequence[str], to: Path, size: int) -> str: ...


def _nothing(_path: Path, _sha256: str) -> bool:
    return False


class Spool:
    """`accept` takes a file among the media, if it is what its name says."""

    def __init__(self, folder: Path, accept: Callable[[Path, str], bool] = _nothing) -> None:
        self._folder = folder
        self._accept = accept

    # who brings

    def documents(self, documents: Iterable[Document]) -> str:
        beside = self._begun()
        for n, one in enumerate(documents):
            path = beside / f"{n:06}.{one.kind}.{one.of or '-'}.{one.version}"
            path.write_bytes(one.data)
            self._give(path)
        return self._there(beside)

    def media(self, wanted: Iterable[tuple[str, int]], source: Source) -> str:
        """The parcel's name; "" where the stick has none of them, or the card no room."""
        beside = self._begun()
        for sha256, size in wanted:
            if shutil.disk_usage(self._folder).free - size < RESERVE:
                break
            path = beside / sha256
            if source.copy(("media", sha256), path, size) == sha256:
                self._give(path)
            else:
                path.unlink(missing_ok=True)
        if not any(beside.iterdir()):
            beside.rmdir()
            return ""
        return self._there(beside)

    def answer(self, parcel: str) -> bytes | None:
        said = self._folder / f"{parcel}.said"
        try:
            data = said.read_bytes()
        except OSError:
            return None
        said.unlink(missing_ok=True)
        return data

    # the agent

    def next(self) -> Parcel | None:
        """The oldest; names are made so that they sort as they came."""
        with contextlib.suppress(OSError):
            for path in sorted(self._folder.iterdir()):
                if stick.NAME.match(path.name):
                    return self._read(path)
        return None

    def place(self, parcel: str, sha256: str) -> bool:
        return self._accept(self._folder / parcel / sha256, sha256)

    def answered(self, parcel: str, answer: bytes) -> None:
        beside = self._folder / f"{parcel}.saying"
        beside.write_bytes(answer)
        shutil.rmtree(self._folder / parcel, ignore_errors=True)
        beside.rename(self._folder / f"{parcel}.said")

    def _read(self, folder: Path) -> Parcel:
        documents, media = [], []
        for path in sorted(folder.iterdir()):
            if stick.SHA256.match(path.name):
                media.append(path.name)
            elif (one := _document(path)) is not None:
                documents.append(one)
                path.unlink()  # read once: what ends this program must not end the next one too
        return Parcel(folder.name, documents, media)

    def _begun(self) -> Path:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._give(self._folder)
        for left in [*self._folder.glob("*.said"), *self._folder.glob("*.new")]:
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        count = sum(1 for _ in self._folder.iterdir())
        beside = self._folder / f"{count:04}-{secrets.token_hex(4)}.new"
        beside.mkdir(mode=0o700)
        self._give(beside)
        return beside

    def _there(self, beside: Path) -> str:
        place = beside.with_suffix("")
        beside.rename(place)
        return place.name

    def _give(self, path: Path) -> None:
        """What root made is the agent's: it must be able to move it and to take it away."""
        if os.geteuid() == 0:
            owner = self._folder.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid)


def _document(path: Path) -> Document | None:
    words = path.name.split(".")
    if len(words) != len(("n", "kind", "whose", "version")) or words[1] not in _KINDS:
        return None
    if not (words[3].isascii() and words[3].isdecimal()):
        return None
    of = "" if words[2] == "-" else words[2]
    return Document(cast("stick.Kind", words[1]), of, path.read_bytes(), int(words[3]))
