"""The log as a file that proves itself: JSON lines, read by anybody, verified offline. Pure.

    {"loa_audit":1,"made_at":"…","entries":812,"head":"<hex>"}
    {"n":1,"sha256":"<hex>","line":"{\"n\":1,\"at\":…}"}
    {"n":2,"sha256":"<hex>","line_sha256":"<hex>"}          an entry that is not the reader's to see

The hash of the entry before and the SHA-256 of `line`, hashed together, give `sha256` (chain.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain as joined
from typing import Any, Final

from loa_server.audit.chain import Broken, Finding, Head, Row, Sound, digest, row, verify

VERSION: Final = 1


class ExportError(ValueError):
    """It is no export of an audit log, and the sentence says where."""


def heading(head: Head, made_at: datetime) -> str:
    return _json(
        {
            "loa_audit": VERSION,
            "made_at": made_at.isoformat(timespec="seconds"),
            "entries": head.seq,
            "head": head.sha256,
        }
    )


def shown(seq: int, line: str, sha256: str) -> str:
    return _json({"n": seq, "sha256": sha256, "line": line})


def hidden(seq: int, line: str, sha256: str) -> str:
    return _json({"n": seq, "sha256": sha256, "line_sha256": digest(line).hex()})


def whole(entries: Iterable[tuple[int, str, str]], head: Head, made_at: datetime) -> Iterator[str]:
    """Every line of (number, line, hash), for somebody who may see all of it."""
    yield heading(head, made_at)
    for entry in entries:
        yield shown(*entry)


def check(lines: Iterable[str], expected: Iterable[str] = ()) -> Finding:
    """Also Broken where the file ends before, or after, the head that it says it has."""
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise ExportError("the file is empty")
    claimed = _heading(*first)
    found = verify((_row(n, line) for n, line in numbered), joined(expected, [claimed.sha256]))
    if isinstance(found, Sound) and found.head != claimed:
        return Broken(found.head.seq, "head")
    return found


def _heading(n: int, line: str) -> Head:
    said = _object(n, line)
    if said.get("loa_audit") != VERSION:
        raise ExportError(f"line {n}: this is no export of an audit log that is known here")
    return Head(_number(n, said, "entries"), _text(n, said, "head"))


def _row(n: int, line: str) -> Row:
    said = _object(n, line)
    seq, sha256 = _number(n, said, "n"), _text(n, said, "sha256")
    if "line" in said:
        return row(seq, _text(n, said, "line"), sha256)
    try:
        return Row(seq, bytes.fromhex(_text(n, said, "line_sha256")), sha256)
    except ValueError as e:
        raise ExportError(f"line {n}: line_sha256 is no hash") from e


def _object(n: int, line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as e:
        raise ExportError(f"line {n}: not JSON") from e
    if not isinstance(said, dict):
        raise ExportError(f"line {n}: not an object")
    return said


def _number(n: int, said: dict[str, Any], name: str) -> int:
    value = said.get(name)
    if type(value) is not int:
        raise ExportError(f"line {n}: {name} is no whole number")
    return value


def _text(n: int, said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise ExportError(f"line {n}: {name} is no text")
    return value


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"
