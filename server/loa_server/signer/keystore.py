"""The signing keys as files, one each, readable by the signer's user alone.

`<keyid>.json` is {"key": the register's entry for it, "private": 64 hex}, unencrypted: the signer
starts without a person. Keys that sign root and register lie in `offline/` in a demo only; a
ceremony makes them elsewhere, under passphrases.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loa_server import pki
from loa_server.files import place
from loa_wire import dsse
from loa_wire.trusted import RegisterKey

CA_CERT: Final = "ca.crt"
CA_KEY: Final = "ca.key"


class KeystoreError(Exception):
    """A key file that must not be used; the message says which and why."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: RegisterKey
    private: str


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A register's entry together with the secret that belongs to it."""

    key: RegisterKey
    private: Ed25519PrivateKey

    def sign(self, message: bytes) -> dsse.Signature:
        return dsse.Signature(self.key.keyid, self.private.sign(message))


class Signs(Protocol):
    def sign(self, message: bytes) -> dsse.Signature: ...


@dataclass(frozen=True, slots=True)
class OfflineKey:
    """A key of the root or of the register: no server process ever loads it."""

    holder: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def keyid(self) -> str:
        return dsse.keyid(self.public)

    def sign(self, message: bytes) -> dsse.Signature:
        return dsse.Signature(self.keyid, self.private.sign(message))


class _OfflineFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    holder: str
    private: str


def make(entry: RegisterKey) -> HeldKey:
    """`entry` with a new key pair in place of whatever keyid and public it names."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    named = msgspec.structs.replace(entry, keyid=dsse.keyid(public), public=public.hex())
    return HeldKey(named, private)


def seal(typ: str, payload: bytes, keys: Iterable[Signs]) -> bytes:
    """The payload in an envelope, signed by each of the keys."""
    kind = dsse.payload_type(typ)
    message = dsse.pae(kind, payload)
    return dsse.seal(kind, payload, [key.sign(message) for key in keys])


def save(folder: Path, held: HeldKey) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = _File(held.key, held.private.private_bytes_raw().hex())
    path = folder / f"{held.key.keyid}.json"
    place(path, msgspec.json.encode(file), mode=0o600)
    if os.geteuid() == 0:  # made by root for the user whose folder it is
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def offline(path: Path, holder: str) -> OfflineKey:
    """The key of this file; made and saved if there is none yet."""
    if path.exists():
        file = msgspec.json.decode(_private_bytes(path), type=_OfflineFile)
        return OfflineKey(
            file.holder, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.private))
        )
    made = OfflineKey(holder, Ed25519PrivateKey.generate())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    saved = _OfflineFile(holder, made.private.private_bytes_raw().hex())
    place(path, msgspec.json.encode(saved), mode=0o600)
    return made


def load(folder: Path) -> list[HeldKey]:
    """Every key of the folder, in the order of their names. Raises KeystoreError."""
    return [_load(path) for path in sorted(folder.glob("*.json"))]


def load_ca(folder: Path) -> pki.Pair | None:
    """What node certificates are signed with; None where it lies on another machine."""
    cert, key = folder / CA_CERT, folder / CA_KEY
    if not (cert.exists() and key.exists()):
        return None
    return pki.Pair(cert.read_bytes(), _private_bytes(key))


def _load(path: Path) -> HeldKey:
    try:
        file = msgspec.json.decode(_private_bytes(path), type=_File)
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.private))
    except (ValueError, msgspec.MsgspecError) as e:
        raise KeystoreError(f"{path}: not a key file: {e}") from e
    public = private.public_key().public_bytes_raw()
    if (file.key.public, file.key.keyid) != (public.hex(), dsse.keyid(public)):
        raise KeystoreError(f"{path}: what it says of the key does not belong to its secret")
    return HeldKey(file.key, private)


def _private_bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        body = path.read_bytes()
    except OSError as e:
        raise KeystoreError(f"{path}: cannot be read: {e.strerror}") from e
    if status.st_mode & 0o077:
        raise KeystoreError(f"{path}: others may read this key; chmod 600 it, or replace it")
    if status.st_uid not in (os.getuid(), 0):
        raise KeystoreError(f"{path}: this key belongs to another user")
    return body
