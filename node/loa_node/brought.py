"""What a person brought on a stick goes through the same intake as what a line brings.

A parcel is taken apart one document at a time, whom to trust before what they signed. Where the
same is known already nothing happens; what is refused is told as it always is. When a parcel is
done the person who brought it is told what became of it, and which media are still missing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import Pattern
from typing import Final, Protocol, assert_never

import msgspec

from loa_node import inbox
from loa_node.clock import Clock
from loa_node.errands import Errands
from loa_node.inbox import Shelf
from loa_node.intake import Intake, News
from loa_node.standing import Standing
from loa_wire import stick
from loa_wire.bulletin import Bulletin
from loa_wire.dsse import open_envelope
from loa_wire.limits import BULLETIN_ENVELOPE, DOWN_ENVELOPE, HTTPS_DOCUMENT, INTEGER
from loa_wire.parse import UnreadableError
from loa_wire.stick import Kind

NUMBERLESS: Final = INTEGER
"""Of what cannot be read: newer than anything, so that it is judged, and refused."""


class Folder(Protocol):
    """A stick: names of a shape, and files up to a size; what is anything else is not there."""

    def names(self, parts: Sequence[str], shape: Pattern[str], most: int) -> list[str]: ...
    def read(self, parts: Sequence[str], longest: int) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Document:
    """`of` is whose it is said to be: a register's unit, a manifest's area. A hint, as `version`
    is: at worst what they lie about is passed over."""

    kind: Kind
    of: str
    data: bytes
    version: int = 0


@dataclass(frozen=True, slots=True)
class Parcel:
    """`media` are names of files that lie ready in it."""

    name: str
    documents: Sequence[Document]
    media: Sequence[str]


class Said(msgspec.Struct, frozen=True):
    """What became of a parcel: `counts` by outcome, `missing` as [sha256, bytes]."""

    counts: dict[str, int]
    missing: list[tuple[str, int]]
    media: int = 0

    def and_then(self, later: Said | None) -> Said:
        if later is None:
            return self
        counts = Counter(self.counts) + Counter(later.counts)
        return Said(dict(counts), later.missing, self.media + later.media)


class Parcels(Protocol):
    """Where whoever brought something leaves it for the agent."""

    def next(self) -> Parcel | None: ...
    def place(self, parcel: str, sha256: str) -> bool:
        """Moves it among the media; False, and it is gone, where its bytes are others."""

    def answered(self, parcel: str, answer: bytes) -> None:
        """The parcel is gone, and what was said of it lies in its place."""


def documents(folder: Folder, node: str) -> list[Document]:
    """What of a bundle could be for this node, in the order in which it must be judged."""
    found = list(_named(folder))
    for kind in ("assignment", "settings", "ack"):
        data = folder.read(("nodes", node, kind), DOWN_ENVELOPE)
        if data is not None:
            found.append(Document(kind, "", data))
    return sorted(found, key=lambda one: stick.ORDER.index(one.kind))


def _named(folder: Folder) -> Iterable[Document]:
    shelves: list[tuple[Kind, str, tuple[str, ...], Pattern[str], int]] = [
        ("root", "", ("root",), stick.VERSION, HTTPS_DOCUMENT),
        ("bulletin", "", ("envelopes",), stick.SHA256, BULLETIN_ENVELOPE),
    ]
    for unit in folder.names(("authority",), stick.NAME, stick.MOST_FILES):
        where = ("authority", unit)
        shelves.append(("authority", unit, where, stick.VERSION, HTTPS_DOCUMENT))
    for kind, of, at, shape, longest in shelves:
        names = folder.names(at, shape, stick.MOST_FILES)
        for name in sorted(names, key=lambda one: (len(one), one)):  # 9 before 10
            if (data := folder.read((*at, name), longest)) is not None:
                yield Document(kind, of, data, int(name) if shape is stick.VERSION else 0)
    for area in folder.names(("areas",), stick.NAME, stick.MOST_FILES):
        if (data := folder.read(("areas", area, "manifest"), DOWN_ENVELOPE)) is not None:
            yield Document("manifest", area, data)


class Brought:
    def __init__(
        self,
        parcels: Parcels,
        standing: Standing,
        shelf: Shelf,
        intake: Intake,
        errands: Errands,
    ) -> None:
        self._parcels = parcels
        self._standing = standing
        self._shelf = shelf
        self._intake = intake
        self._errands = errands
        self._parcel: Parcel | None = None
        self._left: deque[Document] = deque()
        self._counts: Counter[str] = Counter()

    @property
    def busy(self) -> bool:
        return self._parcel is not None

    def work(self, clock: Clock) -> News:
        """One document; or the media of a parcel, and the answer."""
        if self._parcel is None:
            self._parcel = self._parcels.next()
            if self._parcel is None:
                return News()
            self._left, self._counts = deque(self._parcel.documents), Counter()
        if self._left:
            news = self._judged(self._left.popleft(), clock)
            self._counts[news.said] += bool(news.said)
            return news
        return self._finished(self._parcel, clock)

    def _judged(self, document: Document, clock: Clock) -> News:
        if passed := self._passed_over(document, clock):
            return News(said=passed)
        match document.kind:
            case "root":
                return self._intake.root(document.data, clock)
            case "authority":
                return self._intake.authority(document.data, clock)
            case "assignment" | "settings" | "manifest" | "bulletin" | "ack":
                return self._intake.document(document.data, document.kind, clock)
            case _:
                assert_never(document.kind)

    def _passed_over(self, document: Document, clock: Clock) -> str:
        """Why it is not even judged: a stick of last week, for a whole commune, is no attack that
        staff should read about."""
        standing = self._standing
        match document.kind:
            case "root":
                return "known" if document.version <= standing.root.version else ""
            case "authority":
                held = standing.register.version if standing.register else 0
                return self._elsewhere(document.of, [standing.unit], document.version <= held)
            case "manifest":
                old = self._is_older(document, f"manifest/{document.of}")
                return self._elsewhere(document.of, standing.areas, old)
            case "bulletin":
                return self._of_no_use(inbox.about(document.data), clock)
            case _:
                return "known" if self._is_older(document, document.kind) else ""

    @staticmethod
    def _elsewhere(of: str, ours: Sequence[str], known: bool) -> str:  # noqa: FBT001
        return "elsewhere" if of not in ours else "known" if known else ""

    def _of_no_use(self, bulletin: Bulletin | None, clock: Clock) -> str:
        if bulletin is None:
            return ""
        if not set(bulletin.areas) & set(self._standing.areas):
            return "elsewhere"
        if bulletin.exp <= clock.earliest_ms:
            return "over"
        return "known" if (self._shelf.revision_of(bulletin.id) or 0) > bulletin.rev else ""

    def _is_older(self, document: Document, name: str) -> bool:
        return _version(document.data) < (self._shelf.version_of(name) or 0)

    def _finished(self, parcel: Parcel, clock: Clock) -> News:
        placed = sum(self._parcels.place(parcel.name, sha256) for sha256 in parcel.media)
        missing = self._errands.missing(clock)
        said = Said(dict(self._counts), missing, placed)
        self._parcels.answered(parcel.name, msgspec.json.encode(said))
        self._parcel = None
        return News(bulletins=bool(placed), missing=True)


class _Numbered(msgspec.Struct):
    version: int = 0
    iat: int = 0


def _version(data: bytes) -> int:
    """What a document says of itself, unproved; an ack counts by its time."""
    try:
        payload = open_envelope(data, DOWN_ENVELOPE).payload
        told = msgspec.json.decode(payload, type=_Numbered)
    except (UnreadableError, msgspec.DecodeError, UnicodeDecodeError):
        return NUMBERLESS
    return told.version or told.iat
