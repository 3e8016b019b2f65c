"""Which keys the signer may use: the register's word, at once, and never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.wire import NOW, UNIT, Key, People, changed, sealed
from loa_server.signer import keystore
from loa_server.signer.keystore import HeldKey, KeystoreError
from loa_server.signer.ring import Ring

PEOPLE = People()


def held(key: Key, duty: str) -> HeldKey:
    entry = PEOPLE.register_key(duty)
    return HeldKey(changed(entry, keyid=key.keyid, public=key.public.hex()), key.private)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two keys, of which the register names the first."""
    keys, trust = tmp_path / "keys", tmp_path / "trust"
    keystore.save(keys, held(PEOPLE.keys["publisher"], "publisher"))
    keystore.save(keys, held(PEOPLE.stranger, "neighbour"))
    trust.mkdir()
    (trust / "root-1.json").write_bytes(PEOPLE.sealed_root())
    (trust / "register-1.json").write_bytes(PEOPLE.sealed_register())
    return keys, trust


def in_use(ring: Ring) -> list[str] | None:
    keys = ring.changed()
    return None if keys is None else sorted(key.key.keyid for key in keys)


def test_a_key_that_no_register_names_is_not_used(folders: tuple[Path, Path]) -> None:
    ring = Ring(*folders, UNIT)

    assert in_use(ring) == [PEOPLE.keys["publisher"].keyid]
    assert in_use(ring) is None
    assert len(ring.registered()) == len(PEOPLE.DUTIES)


def test_a_register_that_is_installed_counts_at_once(folders: tuple[Path, Path]) -> None:
    ring = Ring(*folders, UNIT)
    ring.changed()
    lower = PEOPLE.register_key("publisher", max_level="normal")
    second = sealed(PEOPLE.register(version=2, keys=[lower]), PEOPLE.registrar)

    (folders[1] / "register-2.json").write_bytes(second)

    (key,) = ring.changed() or []
    assert (key.key.keyid, key.key.max_level) == (lower.keyid, "normal")


def test_a_register_that_no_authority_signed_changes_nothing(folders: tuple[Path, Path]) -> None:
    ring = Ring(*folders, UNIT)
    before = in_use(ring)
    everything = PEOPLE.register_key(
        "province", keyid=PEOPLE.stranger.keyid, public=PEOPLE.stranger.public.hex()
    )
    forged = sealed(PEOPLE.register(version=9, keys=[everything]), PEOPLE.stranger)

    (folders[1] / "register-9.json").write_bytes(forged)

    assert in_use(ring) == before


def test_a_damaged_root_is_said_once_and_does_not_widen_anything(
    folders: tuple[Path, Path],
) -> None:
    ring = Ring(*folders, UNIT)
    ring.changed()
    (folders[1] / "root-2.json").write_bytes(b"nothing")

    with pytest.raises(KeystoreError):
        ring.changed()

    assert ring.changed() is None


def test_before_the_first_register_the_files_speak_for_themselves(
    folders: tuple[Path, Path],
) -> None:
    (folders[1] / "register-1.json").unlink()

    keys = Ring(*folders, UNIT).changed() or []

    assert len(keys) == 2
    assert all(key.key.nbf < NOW for key in keys)
