"""The one strict parser for everything that comes down to a node.

`msgspec.json.decode` alone lets duplicate keys, floats and null pass in unknown fields, so two
readers could disagree about the same signed bytes; it serves only the up-link.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from loa_wire import WIRE
from loa_wire.fields import Document
from loa_wire.limits import DEPTH, INTEGER

D = TypeVar("D", bound=Document)


class UnreadableError(ValueError):
    """Bytes that this version must not act on. `code` is the reason a journal records."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def parse(data: bytes) -> Any:
    """JSON of strings, booleans, integers below 2^53, lists and maps; anything else is refused.

    Raises UnreadableError with code `json`.
    """
    try:
        # decoded here because json.loads would also guess UTF-16 and UTF-32
        tree = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_float=_refuse_number,
            parse_int=_integer,
            parse_constant=_refuse_number,
        )
    except UnreadableError:
        raise
    except (ValueError, RecursionError) as e:
        raise UnreadableError("json", f"{type(e).__name__}: {e}"[:200]) from e
    _walk(tree)
    return tree


def decode(data: bytes, shape: type[D]) -> D:
    """Strictly parsed bytes as one typed document.

    Raises UnreadableError with code `json`, `type`, `version` or `schema`.
    """
    tree = parse(data)
    if not isinstance(tree, dict):
        raise UnreadableError("schema", "not an object")
    tag = shape.__struct_config__.tag
    if tree.get("typ") != tag:
        raise UnreadableError("type", f"expected {tag}, got {str(tree.get('typ'))[:40]!r}")
    version = tree.get("v")
    if type(version) is int and version > WIRE:
        raise UnreadableError("version", f"wire {version}, this program reads {WIRE}")
    if type(version) is not int or version < 1:
        raise UnreadableError("schema", "v is missing or not a version")
    return _typed(tree, shape)


def _typed(tree: dict[str, Any], shape: type[D]) -> D:
    try:
        return msgspec.convert(tree, shape, strict=True)
    except msgspec.ValidationError as e:
        raise UnreadableError("schema", str(e)) from e


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise UnreadableError("json", "duplicate key")
    return made


def _refuse_number(text: str) -> Any:
    raise UnreadableError("json", f"not an integer: {text[:40]}")


def _integer(text: str) -> int:
    if len(text) > 17 or not -INTEGER < (number := int(text)) < INTEGER:
        raise UnreadableError("json", "integer of 2^53 or more")
    return number


def _walk(tree: Any) -> None:
    """Depth, null and lone surrogates, without recursion: hostile depth must not cost a stack."""
    pending = [(tree, 1)]
    while pending:
        value, depth = pending.pop()
        if depth > DEPTH:
            raise UnreadableError("json", f"deeper than {DEPTH}")
        if value is None:
            raise UnreadableError("json", "null")
        if isinstance(value, str):
            _refuse_surrogates(value)
        elif isinstance(value, list):
            pending.extend((item, depth + 1) for item in value)
        elif isinstance(value, dict):
            for key, item in value.items():
                _refuse_surrogates(key)
                pending.append((item, depth + 1))


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()  # in C: a loop here was a third of what judging a long bulletin cost
    except UnicodeEncodeError as e:
        raise UnreadableError("json", "lone surrogate") from e
