"""A root or a register as it lies on the table: its bytes, what they say, who has signed.

The file is the envelope that nodes will read; until everybody has signed it holds too few
signatures, and one more is added each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from loa_server.ceremony.refusal import CeremonyError
from loa_server.files import create, place
from loa_wire import dsse
from loa_wire.limits import HTTPS_DOCUMENT, SIGNATURES
from loa_wire.parse import UnreadableError, decode, parse
from loa_wire.trusted import Authority, Root

Signable = Root | Authority


class Signs(Protocol):
    @property
    def keyid(self) -> str: ...

    def sign(self, message: bytes) -> dsse.Signature: ...


@dataclass(frozen=True, slots=True)
class Paper:
    envelope: dsse.Envelope
    document: Signable

    @property
    def data(self) -> bytes:
        """The bytes of the file, as nodes will get them."""
        e = self.envelope
        return dsse.seal(e.payload_type, e.payload, e.signatures)

    @property
    def name(self) -> str:
        return file_name(self.document)


def file_name(document: Signable) -> str:
    kind = "root" if isinstance(document, Root) else "register"
    return f"{kind}-{document.version}.json"


def blank(document: Signable) -> Paper:
    """Nobody has signed it yet."""
    kind = dsse.payload_type("root" if isinstance(document, Root) else "authority")
    return Paper(dsse.Envelope(document.encode(), kind, ()), document)


def read(path: Path) -> Paper:
    try:
        with path.open("rb") as file:
            data = file.read(HTTPS_DOCUMENT + 1)
    except OSError as e:
        raise CeremonyError(
            "file", f"{path}: không đọc được ({e.strerror})", f"{path}: cannot be read"
        ) from e
    return opened(data, path.name)


def opened(data: bytes, name: str) -> Paper:
    """Raises CeremonyError if any byte of it could not be put into words."""
    try:
        envelope = dsse.open_envelope(data, HTTPS_DOCUMENT, fewest=0)
        document = _document(envelope)
    except UnreadableError as e:
        raise CeremonyError(
            e.code,
            f"{name}: không phải khóa gốc hay sổ khóa hợp lệ ({e.detail})",
            f"{name}: neither a root nor a register ({e.detail})",
        ) from e
    if parse(document.encode()) != parse(envelope.payload) or not _printable(document):
        raise CeremonyError(
            "hidden",
            f"{name}: có phần mà chương trình này không hiểu, nên không ai được ký",
            f"{name}: parts of it mean nothing to this program, so nobody may sign it",
        )
    return Paper(envelope, document)


def signed(paper: Paper, key: Signs) -> Paper:
    """With one signature more."""
    e = paper.envelope
    if any(s.keyid == key.keyid for s in e.signatures):
        raise CeremonyError(
            "twice", "khóa này đã ký văn bản này rồi", "this key has signed this document already"
        )
    if len(e.signatures) == SIGNATURES:
        raise CeremonyError(
            "full", f"đã đủ {SIGNATURES} chữ ký", f"it carries {SIGNATURES} signatures already"
        )
    added = (*e.signatures, key.sign(e.signed_bytes()))
    return Paper(dsse.Envelope(e.payload, e.payload_type, added), paper.document)


def lay_down(paper: Paper, path: Path) -> None:
    """A new document. One that is there may carry signatures: it is never written over."""
    try:
        create(path, paper.data)
    except FileExistsError as e:
        raise CeremonyError(
            "taken",
            f"{path}: đã có tệp này; hãy đổi tên hoặc xóa nó trước",
            f"{path}: there is such a file; rename or delete it first",
        ) from e


def keep(paper: Paper, path: Path) -> None:
    place(path, paper.data)


def _printable(document: Signable) -> bool:
    """No control character and no mark of direction: on a terminal they show what is not there."""
    pending: list[Any] = [msgspec.to_builtins(document)]
    while pending:
        value = pending.pop()
        if isinstance(value, str) and not value.isprintable():
            return False
        if isinstance(value, dict):
            pending.extend([*value.keys(), *value.values()])
        elif isinstance(value, list):
            pending.extend(value)
    return True


def _document(envelope: dsse.Envelope) -> Signable:
    if envelope.payload_type == dsse.payload_type("root"):
        return decode(envelope.payload, Root)
    if envelope.payload_type == dsse.payload_type("authority"):
        return decode(envelope.payload, Authority)
    raise UnreadableError("type", envelope.payload_type[:80])
