from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_wire.bulletin import Bulletin
from loa_wire.limits import DEPTH
from loa_wire.parse import UnreadableError, decode, parse

ALLOWED = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def outcome(read: Callable[[], object]) -> str:
    try:
        read()
    except UnreadableError as refusal:
        return refusal.code
    return "read"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe{\x00}\x00",
        '{"a":1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":1}',
        b'{"x":{"a":1,"a":2}}',
        b"1.0",
        b"1e3",
        b"-0.0",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"null",
        b'{"a":[null]}',
        b'"\\ud800"',
        b'{"\\udfff":1}',
        b"[" * 20 + b"]" * 20,
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"{}{}",
        b"{'a':1}",
        b"[1,]",
    ],
)
def test_what_two_readers_could_read_differently_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError) as refusal:
        parse(data)

    assert refusal.value.code == "json"


@given(ALLOWED)
def test_everything_the_wire_allows_is_read_as_it_was_written(value: object) -> None:
    depth, layer = 1, [value]
    while layer := [
        inner
        for outer in layer
        for inner in (
            outer if isinstance(outer, list) else outer.values() if isinstance(outer, dict) else ()
        )
    ]:
        depth += 1
    if depth > DEPTH:
        return
    try:
        data = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate cannot be written as UTF-8 at all
        return

    assert parse(data) == value


@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    assert outcome(lambda: parse(data)) in {"read", "json"}


@given(st.dictionaries(st.sampled_from([*Bulletin.__struct_fields__, "typ"]), ALLOWED))
def test_no_fields_do_more_than_be_refused(fields: dict[str, object]) -> None:
    data = json.dumps({"typ": "bulletin", "v": 1} | fields).encode()

    assert outcome(lambda: decode(data, Bulletin)) in {"read", "json", "schema", "type", "version"}


@pytest.mark.parametrize("bad", ["a\n", "A", "a/b", "", "a" * 65, "ấp", "+", "#"])
def test_an_area_id_cannot_leave_its_topic_level(bad: str) -> None:
    fields = {
        "typ": "bulletin",
        "v": 1,
        "kind": "play",
        "id": "01KB2C3D4E5F6G7H8J9KABCDEF",
        "rev": 1,
        "level": "normal",
        "areas": [bad],
        "iat": 1,
        "nbf": 1,
        "exp": 2,
    }

    with pytest.raises(UnreadableError, match="schema"):
        decode(json.dumps(fields).encode(), Bulletin)
