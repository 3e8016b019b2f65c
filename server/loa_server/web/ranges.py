"""Which bytes of a file a request asks for (RFC 9110 §14). Pure.

Django's FileResponse and the server's static mount ignore Range, and a node on a bad line that
must begin again never ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"\Abytes=([0-9]{0,18})-([0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class Whole:
    size: int


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes first..last, both included."""

    first: int
    last: int
    size: int


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    size: int


Answer = Whole | Part | Unsatisfiable


def answer(size: int, etag: str, asked: str | None, if_range: str | None) -> Answer:
    """An If-Range that names other bytes, several ranges or an unreadable one: the whole file."""
    if asked is None or (if_range is not None and if_range != etag):
        return Whole(size)
    found = _ONE_RANGE.match(asked.strip())
    if found is None or found.groups() == ("", ""):
        return Whole(size)
    first, last = found.groups()
    if first == "":
        return _suffix(int(last), size)
    begin = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if begin >= size:
        return Unsatisfiable(size)
    return Part(begin, end, size) if begin <= end else Whole(size)


def _suffix(length: int, size: int) -> Answer:
    if length == 0 or size == 0:
        return Unsatisfiable(size)
    return Part(max(0, size - length), size - 1, size)
