"""Root and register as the nodes' own rules read them, and as another DSSE library does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.signer import Key, SSlibKey  # type: ignore[attr-defined]

from fakes.wire import DAY, NOW, UNIT, People
from loa_node.register import pin_root, read_authority
from loa_server.signer import documents, keystore
from loa_server.signer.keystore import OfflineKey
from loa_wire.limits import REGISTER_LIFE_MS
from loa_wire.trusted import Authority, HardLimits, Root

KEYS = [People().register_key(duty) for duty in ("publisher", "duty", "ops")]


@pytest.fixture
def offline(tmp_path: Path) -> list[OfflineKey]:
    """Three holders of the root, then the authority."""
    return [keystore.offline(tmp_path / f"{n}.json", f"người {n}") for n in range(4)]


def a_root(offline: list[OfflineKey]) -> bytes:
    return documents.make_root("dong-nai", UNIT, offline[:3], offline[3], NOW)


def a_register(offline: list[OfflineKey], version: int = 1) -> bytes:
    return documents.make_register(UNIT, version, KEYS, HardLimits(), offline[3], NOW)


def test_a_node_pins_our_root_and_believes_our_register(offline: list[OfflineKey]) -> None:
    root = pin_root(a_root(offline))
    assert isinstance(root, Root)
    assert (root.root.threshold, len(root.root.keyids)) == (2, 3)

    register = read_authority(a_register(offline), root, UNIT)

    assert isinstance(register, Authority)
    assert {key.holder for key in register.keys} == {"publisher", "duty", "ops"}
    assert register.exp - register.iat == REGISTER_LIFE_MS


def test_a_register_signed_by_a_root_holder_alone_is_not_believed(
    offline: list[OfflineKey],
) -> None:
    root = pin_root(a_root(offline))
    assert isinstance(root, Root)
    forged = documents.make_register(UNIT, 1, KEYS, HardLimits(), offline[0], NOW)

    assert not isinstance(read_authority(forged, root, UNIT), Authority)


def test_another_dsse_library_verifies_what_we_seal(offline: list[OfflineKey]) -> None:
    envelope = Envelope.from_dict(json.loads(a_root(offline)))
    keys: list[Key] = [
        SSlibKey(key.keyid, "ed25519", "ed25519", {"public": key.public.hex()})
        for key in offline[:3]
    ]

    verified = envelope.verify(keys, threshold=2)

    assert set(verified) == {key.keyid for key in offline[:2]}


def test_a_register_is_renewed_by_half_its_life_or_when_it_would_say_something_else(
    offline: list[OfflineKey],
) -> None:
    held = documents.open_register(a_register(offline))
    limits = HardLimits()

    assert documents.still_good(held, KEYS, limits, NOW + 44 * DAY)
    assert not documents.still_good(held, KEYS, limits, NOW + 46 * DAY)
    assert not documents.still_good(held, KEYS[:2], limits, NOW)
    assert not documents.still_good(held, KEYS, HardLimits(max_volume=80), NOW)
