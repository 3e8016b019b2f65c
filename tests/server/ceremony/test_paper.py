"""Nobody signs what cannot be put into words, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakes.wire import NOW, UNIT, People, changed, sealed_as
from loa_server.ceremony import paper, rules
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.rules import Before
from loa_wire.limits import DAY_MS
from loa_wire.trusted import RootKey

PEOPLE = People()


def code_of(payload: bytes, typ: str = "root") -> str:
    try:
        paper.opened(sealed_as(typ, payload, PEOPLE.roots[0]), "it")
    except CeremonyError as e:
        return e.finding.code
    return ""


def with_field(**added: Any) -> bytes:
    return json.dumps(json.loads(PEOPLE.root().encode()) | added).encode()


def held_by(name: str) -> bytes:
    root = PEOPLE.root()
    keyid = root.root.keyids[0]
    key = RootKey(public=root.keys[keyid].public, holder=name)
    return changed(root, keys={**root.keys, keyid: key}).encode()


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (PEOPLE.root().encode(), ""),
        (with_field(), ""),
        (with_field(backdoor="open"), "hidden"),
        (held_by("Bà Năm\x1b[2K"), "hidden"),
        (held_by("\u202eBà Năm"), "hidden"),
        (b'{"typ":"root","v":2}', "version"),
        (b"[]", "schema"),
    ],
    ids=["a root", "spaced", "an unknown field", "an escape", "a direction", "newer", "no object"],
)
def test_every_byte_is_shown_or_nobody_signs(payload: bytes, code: str) -> None:
    assert code_of(payload) == code


def test_a_document_of_another_type_is_nobodys_to_sign() -> None:
    assert code_of(PEOPLE.root().encode(), "bulletin") == "type"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"iat": NOW, "exp": NOW + 91 * DAY_MS}, "life"),
        ({"version": 1}, "rollback"),
        ({"exp": NOW - 1, "iat": NOW - DAY_MS}, "expired"),
        ({"unit": "elsewhere"}, "unit"),
    ],
)
def test_the_rules_of_a_node_are_asked_before_anybody_signs(
    changes: dict[str, Any], code: str
) -> None:
    made = paper.blank(PEOPLE.register(**{"version": 2, **changes}))

    found = rules.content(made, Before(PEOPLE.root(), PEOPLE.register()), NOW)

    assert [finding.code for finding in found] == ([code] if code else [])


def test_a_key_of_the_root_is_no_daily_key() -> None:
    keyid = PEOPLE.registrar.keyid
    entry = PEOPLE.register_key("publisher", keyid=keyid, public=PEOPLE.registrar.public.hex())
    made = paper.blank(PEOPLE.register(keys=[entry]))

    found = rules.content(made, Before(PEOPLE.root()), NOW)

    assert [finding.code for finding in found] == ["distinct"]


def test_a_forged_signature_is_shown_as_worth_nothing() -> None:
    root = PEOPLE.root()
    drawn = paper.blank(root)
    forged = paper.signed(drawn, _Forger(root.root.keyids[0]))

    assert rules.good(forged, Before()) == frozenset()
    assert [lacking for _, lacking, _ in rules.missing(forged, Before())] == [2]
    assert UNIT in root.authorities


class _Forger:
    """Signs with another key under this name."""

    def __init__(self, keyid: str) -> None:
        self.keyid = keyid

    def sign(self, message: bytes) -> Any:
        from loa_wire.dsse import Signature  # noqa: PLC0415

        return Signature(self.keyid, PEOPLE.stranger.private.sign(message))
