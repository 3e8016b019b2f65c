"""The root and the register: who may say who speaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.wire import DAY, NOW, UNIT, Key, People, changed, sealed
from loa_node.register import Refused, next_authority, next_root, pin_root, read_authority
from loa_wire.trusted import Authority, Role, Root, RootKey

PEOPLE = People()
ROOT = PEOPLE.root()
NEW_KEYS = [Key(), Key(), Key()]


def code(outcome: Root | Authority | Refused) -> str:
    return outcome.code if isinstance(outcome, Refused) else "accepted"


def a_new_root(**changes: Any) -> Root:
    """Version 2, with other root keys."""
    keys = {k.keyid: RootKey(public=k.public.hex(), holder="new") for k in NEW_KEYS}
    role = Role(keyids=[k.keyid for k in NEW_KEYS], threshold=2)
    return PEOPLE.root(**{"version": 2, "keys": {**ROOT.keys, **keys}, "root": role, **changes})


def test_the_pinned_root_must_be_signed_by_its_own_threshold() -> None:
    assert code(pin_root(PEOPLE.sealed_root())) == "accepted"
    assert code(pin_root(PEOPLE.sealed_root(ROOT, PEOPLE.roots[0]))) == "signatures"
    assert code(pin_root(sealed(ROOT, PEOPLE.roots[0], PEOPLE.roots[0]))) == "signatures"
    assert code(pin_root(PEOPLE.sealed_register())) == "type"


@pytest.mark.parametrize(
    ("signers", "expected"),
    [
        ([*PEOPLE.roots[:2], *NEW_KEYS[:2]], "accepted"),
        ([PEOPLE.roots[0], *NEW_KEYS[:2]], "signatures"),
        ([*PEOPLE.roots[:2], NEW_KEYS[0]], "signatures"),
        (NEW_KEYS[:2], "signatures"),
        (PEOPLE.roots[:2], "signatures"),
    ],
    ids=["both thresholds", "one stolen old key", "too few new", "only new", "only old"],
)
def test_a_new_root_needs_the_old_threshold_and_its_own(signers: list[Key], expected: str) -> None:
    assert code(next_root(sealed(a_new_root(), *signers), ROOT)) == expected


@pytest.mark.parametrize("version", [1, 3])
def test_roots_follow_one_another_without_gaps(version: int) -> None:
    signers = [*PEOPLE.roots[:2], *NEW_KEYS[:2]]

    assert code(next_root(sealed(a_new_root(version=version), *signers), ROOT)) == "rollback"


def test_the_root_of_another_installation_is_refused() -> None:
    signers = [*PEOPLE.roots[:2], *NEW_KEYS[:2]]
    foreign = a_new_root(installation="elsewhere")

    assert code(next_root(sealed(foreign, *signers), ROOT)) == "foreign"


def test_a_register_is_signed_by_the_authority_that_the_root_names() -> None:
    assert code(read_authority(PEOPLE.sealed_register(), ROOT, UNIT)) == "accepted"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PEOPLE.sealed_register(None, PEOPLE.stranger), "signatures"),
        (PEOPLE.sealed_register(None, PEOPLE.roots[0]), "signatures"),
        (PEOPLE.sealed_register(PEOPLE.register(exp=NOW + 90 * DAY)), "life"),
        (PEOPLE.sealed_register(PEOPLE.register(exp=NOW - DAY)), "life"),
        (PEOPLE.sealed_register(PEOPLE.register(unit="elsewhere")), "unit"),
        (PEOPLE.sealed_root(), "type"),
        (b"x" * (512 * 1024 + 1), "size"),
        (b"nothing", "json"),
    ],
)
def test_any_other_register_is_refused(data: bytes, expected: str) -> None:
    assert code(read_authority(data, ROOT, UNIT)) == expected


def test_a_key_under_a_keyid_that_is_not_its_own_is_refused() -> None:
    wrong = changed(PEOPLE.register_key("publisher"), keyid=PEOPLE.keys["duty"].keyid)

    register = PEOPLE.sealed_register(PEOPLE.register(keys=[wrong]))

    assert code(read_authority(register, ROOT, UNIT)) == "schema"


def test_one_keyid_twice_is_refused() -> None:
    twice = [PEOPLE.register_key("publisher"), PEOPLE.register_key("publisher", scope=["all"])]

    register = PEOPLE.sealed_register(PEOPLE.register(keys=twice))

    assert code(read_authority(register, ROOT, UNIT)) == "schema"


def test_an_older_register_does_not_come_back() -> None:
    held = PEOPLE.register(version=3)

    for version, expected in ((2, "rollback"), (3, "rollback"), (4, "accepted")):
        data = PEOPLE.sealed_register(PEOPLE.register(version=version))
        assert code(next_authority(data, ROOT, UNIT, held)) == expected


def test_a_unit_that_the_root_does_not_name_has_no_register() -> None:
    assert code(read_authority(PEOPLE.sealed_register(), ROOT, "elsewhere")) == "unit"


def test_an_authority_of_two_needs_two_keys() -> None:
    second = Key()
    keys = {**ROOT.keys, second.keyid: RootKey(public=second.public.hex(), holder="second")}
    both = [PEOPLE.registrar.keyid, second.keyid]
    root = PEOPLE.root(keys=keys, authorities={UNIT: Role(keyids=both, threshold=2)})

    alone = PEOPLE.sealed_register(None, PEOPLE.registrar)
    twice = PEOPLE.sealed_register(None, PEOPLE.registrar, PEOPLE.registrar)
    together = PEOPLE.sealed_register(None, PEOPLE.registrar, second)

    assert [code(read_authority(d, root, UNIT)) for d in (alone, twice, together)] == [
        "signatures",
        "signatures",
        "accepted",
    ]


@given(st.binary(max_size=600))
def test_noise_is_neither_root_nor_register(data: bytes) -> None:
    assert isinstance(pin_root(data), Refused)
    assert isinstance(next_root(data, ROOT), Refused)
    assert isinstance(read_authority(data, ROOT, UNIT), Refused)
