"""The chain of the audit log: what its hashes are, and whether rows still form it. Pure.

    sha256(n) = SHA-256( sha256(n-1) || SHA-256(line n) )        sha256(0) = 32 zero bytes

Both parts have a fixed length, so no two chains read alike. A line may be left out and its
SHA-256 given instead: an export for one commune proves the whole chain without showing the rest.

A chain that was rewritten from some entry on is sound in itself. Only a head that somebody kept
elsewhere (the nodes, a file, a sheet of paper) shows it: `expected`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

EMPTY = ""
_START = bytes(32)
Why = Literal["missing", "order", "edited", "head"]


@dataclass(frozen=True, slots=True)
class Row:
    seq: int
    line_sha256: bytes
    sha256: str  # as stored


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain: how many there are and the hash that stands for all of them."""

    seq: int = 0
    sha256: str = EMPTY


@dataclass(frozen=True, slots=True)
class Sound:
    head: Head


@dataclass(frozen=True, slots=True)
class Broken:
    """`seq` is the first entry that does not follow from those before it.

    missing: an entry between two others is gone · order: numbers do not rise · edited: a line or
    a hash is not what it was · head: the chain does not hold a head that it once had.
    """

    seq: int
    why: Why


Finding = Sound | Broken


def digest(line: str) -> bytes:
    return hashlib.sha256(line.encode()).digest()


def link(before: str, line_sha256: bytes) -> str:
    """The hash of the entry after `before` ("" for the first entry)."""
    return hashlib.sha256((bytes.fromhex(before) or _START) + line_sha256).hexdigest()


def row(seq: int, line: str, sha256: str) -> Row:
    return Row(seq, digest(line), sha256)


def verify(rows: Iterable[Row], expected: Iterable[str] = (), since: Head | None = None) -> Finding:
    """Every row after `since` (none: from the first), in order; reads them once.

    `expected` are heads that this stretch must hold, in any order.
    """
    head = since or Head()
    sought = {one.lower() for one in expected} - {head.sha256, EMPTY}
    for one in rows:
        wrong = _judge(head, one)
        if wrong is not None:
            return wrong
        head = Head(one.seq, one.sha256)
        sought.discard(one.sha256)
    return Broken(head.seq, "head") if sought else Sound(head)


def _judge(before: Head, one: Row) -> Broken | None:
    if one.seq <= before.seq:
        return Broken(one.seq, "order")
    if one.seq != before.seq + 1:
        return Broken(before.seq + 1, "missing")
    if one.sha256 != link(before.sha256, one.line_sha256):
        return Broken(one.seq, "edited")
    return None
