"""Any bytes at all, on any topic, signed by nobody or by the right people: no crash, no open
transaction, nothing changed by what is refused, and the next honest bulletin is heard.

A validly signed, ill-typed bulletin once left a transaction open and silenced every later one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.attacker import PROVED, Hamlet, a_hamlet
from fakes.examples import examples
from fakes.wire import (
    HAMLET,
    HOUR,
    NODE,
    NOW,
    UNIT,
    People,
    a_bulletin,
    a_command,
    a_manifest,
    an_ack,
    an_assignment,
    sealed_as,
    some_emergencies,
    some_settings,
)
from loa_wire import dsse, topics

DISTRICT = People()
TYPES = ["bulletin", "assignment", "settings", "manifest", "emergencies", "ack", "command"]
SIGNER = {
    "bulletin": "province", "assignment": "place", "settings": "settings"
}  # fmt: skip
HONEST: dict[str, Any] = {
    "bulletin": a_bulletin(level="emergency", alert="flood", exp=NOW + 2 * HOUR),
    "assignment": an_assignment(version=2),
    "settings": some_settings(),
    "manifest": a_manifest(),
    "emergencies": some_emergencies(),
    "ack": an_ack(),
    "command": a_command(exp=NOW + 10**9),
}
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("\ud800")
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
TOPICS = st.sampled_from(
    [
        *(topics.area(HAMLET, what) for what in ("bulletin", "manifest", "emergency")),
        *(
            topics.down(NODE, what)
            for what in ("assignment", "settings", "command", "ack", "beacon")
        ),
        topics.unit_authority(UNIT),
        topics.root(),
    ]
)


@pytest.fixture(scope="module")
def hamlet() -> Iterator[Hamlet]:
    """One for all the examples: what one of them broke, the next would find."""
    with tempfile.TemporaryDirectory() as folder, a_hamlet(Path(folder), DISTRICT, PROVED) as made:
        yield made


@contextmanager
def unharmed(hamlet: Hamlet) -> Iterator[None]:
    before, told = hamlet.memory(), len(hamlet.facts("refused"))
    yield
    assert hamlet.at_rest
    if len(hamlet.facts("refused")) > told:
        assert hamlet.memory() == before


@examples(300)
@given(topic=TOPICS, data=st.binary(max_size=300))
def test_noise_on_any_topic(topic: str, data: bytes, hamlet: Hamlet) -> None:
    before = hamlet.memory()
    with unharmed(hamlet):
        hamlet.intake.message(topic, data, hamlet.clock)
    assert hamlet.memory() == before


@examples(200)
@given(topic=TOPICS, tree=JSON)
def test_json_that_means_nothing_on_any_topic(topic: str, tree: object, hamlet: Hamlet) -> None:
    data = json.dumps(tree).encode("utf-8", "surrogatepass")

    with unharmed(hamlet):
        hamlet.intake.message(topic, data, hamlet.clock)


@examples(200)
@given(typ=st.sampled_from(TYPES), payload=st.binary(max_size=200))
def test_noise_that_the_right_people_signed(typ: str, payload: bytes, hamlet: Hamlet) -> None:
    before = hamlet.memory()
    with unharmed(hamlet):
        hamlet.hears(signed(typ, payload), typ)
    assert hamlet.memory() == before


@examples(400)
@given(typ=st.sampled_from(TYPES), field=st.integers(0, 40), value=JSON)
def test_a_signed_document_with_any_value_in_any_field(
    typ: str, field: int, value: object, hamlet: Hamlet
) -> None:
    """The ill-typed bulletin: valid in every other way."""
    tree = json.loads(HONEST[typ].encode())
    names = sorted(tree)
    tree[names[field % len(names)]] = value
    payload = json.dumps(tree).encode("utf-8", "surrogatepass")

    with unharmed(hamlet):
        hamlet.hears(signed(typ, payload), typ)


@examples(200)
@given(typ=st.sampled_from(TYPES), cut=st.integers(0, 3000), end=st.binary(max_size=8))
def test_a_signed_document_that_was_cut_and_mended(
    typ: str, cut: int, end: bytes, hamlet: Hamlet
) -> None:
    data = signed(typ, HONEST[typ].encode())

    with unharmed(hamlet):
        hamlet.hears(data[: cut % len(data)] + end, typ)


@examples(100)
@given(data=st.binary(max_size=300), typ=st.sampled_from(["root", "authority"]))
def test_noise_instead_of_a_root_or_a_register(data: bytes, typ: str, hamlet: Hamlet) -> None:
    before = hamlet.memory()
    with unharmed(hamlet):
        hamlet.fetches(data, typ)
    assert hamlet.memory() == before


@examples(200)
@given(items=st.lists(st.text(max_size=60), max_size=8))
def test_running_emergencies_that_are_no_envelopes(items: list[str], hamlet: Hamlet) -> None:
    version = (hamlet.shelf.version_of(f"emergencies/{HAMLET}") or 0) + 1
    running = some_emergencies(version=version)
    tree = json.loads(running.encode()) | {"items": items}
    held = hamlet.holds()

    hamlet.hears(signed("emergencies", json.dumps(tree).encode()), "emergencies")

    assert hamlet.holds() == held
    assert hamlet.at_rest


def test_after_all_of_it_an_honest_bulletin_is_heard(hamlet: Hamlet) -> None:
    honest = a_bulletin(id="01J99999999999999999999999")

    hamlet.hears(DISTRICT.sealed(an_assignment(version=2**40), "place"), "assignment")
    hamlet.hears(DISTRICT.sealed(honest, "publisher"))

    assert honest.id in hamlet.holds()


def signed(typ: str, payload: bytes) -> bytes:
    """By all whose signature such a document needs, over whatever it is."""
    keys = [DISTRICT.keys[SIGNER.get(typ, "ops")]]
    if typ == "bulletin":
        keys.append(DISTRICT.keys["duty"])
    return sealed_as(typ, payload, *keys)


def test_the_envelope_of_these_tests_is_one_that_a_node_opens() -> None:
    envelope = dsse.open_envelope(signed("ack", b"{}"), 24_000)

    assert envelope.payload == b"{}"
