"""Journals that a person brought on a stick: read with suspicion, then taken in as any report.

A line counts if its signature is by the key of the certificate on the first line, and our CA has
given that certificate to that node. What it says is then the node's own word, whoever carried it;
the same journal twice is the same facts, and counts once. A revoked node's is not kept.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Protocol

import msgspec

from loa_server import pki
from loa_server.ingest.reports import Arrival
from loa_server.ingest.writer import Taken
from loa_wire import dsse, stick, topics
from loa_wire.parse import UnreadableError

AT_ONCE: Final = 50
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Book(Protocol):
    """The ledger's writer; what it returned is on disk."""

    def take(self, arrivals: Sequence[Arrival], now: int) -> Taken: ...


@dataclass(slots=True)
class Brought:
    """What became of one file. `wrong` is a code, and where; "" where all of it was read."""

    name: str
    node: str = ""
    lines: int = 0
    new: int = 0
    wrong: str = ""
    ignored: dict[str, int] = field(default_factory=dict)


def journals(folder: Path) -> list[Path]:
    """The files on a stick that are called as a node calls them, in order."""
    found = [path for path in folder.iterdir() if stick.is_journal(path.name)]
    return sorted(found)[: stick.MOST_FILES]


def take(path: Path, ca_cert: bytes, book: Book, now: int) -> Brought:
    """All that is good of it: a stick pulled out too early has lost its end, not its beginning."""
    told = Brought(path.name)
    batch: list[Arrival] = []
    try:
        with _opened(path) as file:
            bearer = _bearer(file, ca_cert)
            told.node = bearer.node
            for arrival in _arrivals(file, bearer):
                batch.append(arrival)
                if len(batch) == AT_ONCE:
                    _commit(batch, book, now, told)
    except OSError as e:
        told.wrong = f"unreadable: {e.strerror}"
    except (UnreadableError, pki.PkiError) as e:
        told.wrong = f"line {told.lines + len(batch) + 2}: {e}" if told.node else str(e)
    _commit(batch, book, now, told)
    return told


def _commit(batch: list[Arrival], book: Book, now: int, told: Brought) -> None:
    if not batch:
        return
    taken = book.take(batch, now)
    told.lines += len(batch)
    told.new += taken.facts
    for what, count in taken.ignored.items():
        told.ignored[what] = told.ignored.get(what, 0) + count
    batch.clear()


def _opened(path: Path) -> IO[bytes]:
    """A plain file: not a link that leads elsewhere, not a pipe that never ends."""
    handle = os.open(path, _OPEN)
    told = os.fstat(handle)
    if not stat.S_ISREG(told.st_mode) or told.st_size > stick.LONGEST_JOURNAL:
        os.close(handle)
        raise OSError(0, "not a plain file of a journal's size")
    return os.fdopen(handle, "rb")


def _bearer(file: IO[bytes], ca_cert: bytes) -> pki.NodeCert:
    line = file.readline(stick.LONGEST_LINE)
    try:
        told = msgspec.json.decode(line, type=stick.Bearer)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise UnreadableError("certificate", "the first line carries none") from e
    return pki.read_node_cert(ca_cert, told.certificate.encode())


def _arrivals(file: IO[bytes], bearer: pki.NodeCert) -> Iterator[Arrival]:
    topic = topics.up(bearer.node, "journal")
    while line := file.readline(stick.LONGEST_LINE + 1):
        envelope = dsse.open_envelope(line.rstrip(b"\r\n"), stick.LONGEST_LINE)
        if envelope.payload_type != stick.JOURNAL_TYPE:
            raise UnreadableError("type", envelope.payload_type[:80])
        message = envelope.signed_bytes()
        if not pki.signed_by(bearer.key, envelope.signatures[0].sig, message):
            raise UnreadableError("signature", "not by the node that the first line names")
        yield Arrival(topic, envelope.payload, carried=True)
