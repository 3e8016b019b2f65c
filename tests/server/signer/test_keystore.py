from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.wire import NOW, People
from loa_server.signer import keystore
from loa_server.signer.keystore import HeldKey, KeystoreError


def a_key() -> HeldKey:
    return keystore.make(People().register_key("publisher"))


def test_a_saved_key_comes_back_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    made = a_key()
    keystore.save(tmp_path / "keys", made)

    (loaded,) = keystore.load(tmp_path / "keys")

    assert loaded.key == made.key
    assert loaded.sign(b"x") == made.sign(b"x")
    file = tmp_path / "keys" / f"{made.key.keyid}.json"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    made = a_key()
    keystore.save(tmp_path, made)
    (tmp_path / f"{made.key.keyid}.json").chmod(0o640)

    with pytest.raises(KeystoreError, match="others may read this key; chmod 600"):
        keystore.load(tmp_path)


def test_a_secret_under_another_keys_name_is_not_used(tmp_path: Path) -> None:
    one, other = a_key(), a_key()
    keystore.save(tmp_path, one)
    file = tmp_path / f"{one.key.keyid}.json"
    said = json.loads(file.read_text())
    file.write_text(json.dumps(said | {"private": other.private.private_bytes_raw().hex()}))

    with pytest.raises(KeystoreError, match="does not belong to its secret"):
        keystore.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"key": 1, "private": "00"}'])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "k.json"
    file.write_text(text)
    file.chmod(0o600)

    with pytest.raises(KeystoreError, match=r"k\.json: not a key file"):
        keystore.load(tmp_path)


def test_an_offline_key_is_made_once(tmp_path: Path) -> None:
    first = keystore.offline(tmp_path / "root-1.json", "người giữ 1")
    again = keystore.offline(tmp_path / "root-1.json", "người khác")

    assert (again.keyid, again.holder) == (first.keyid, "người giữ 1")


def test_a_made_key_lives_as_its_entry_said() -> None:
    entry = People().register_key("duty", exp=NOW + 5)

    made = keystore.make(entry).key

    assert (made.exp, made.may, made.holder) == (NOW + 5, ["countersign"], "duty")
    assert made.keyid != entry.keyid
