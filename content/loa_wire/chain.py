"""The chain of roots and registers: which document may follow which. Pure.

root.json is pinned at enrolment; root n+1 needs the thresholds of n and of n+1. A unit's register
needs the threshold that the root names for that unit. Thresholds count distinct keys. The rules
are those of The Update Framework (https://theupdateframework.github.io/specification/). Both sides
ask here, each with its own `verifies`: what the district's people check is what a node checks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loa_wire import dsse
from loa_wire.limits import HTTPS_DOCUMENT, REGISTER_LIFE_MS
from loa_wire.parse import UnreadableError, decode
from loa_wire.trusted import Authority, Role, Root, RootKey

Verifies = Callable[[str, bytes, bytes], bool]
"""(public key in hex, signature, message) -> whether the key made it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """`code` is what the journal records; `detail` is for a technician."""

    code: str
    detail: str = ""


def good_keys(
    role: Role, keys: Mapping[str, RootKey], envelope: dsse.Envelope, verifies: Verifies
) -> frozenset[str]:
    """The role's keys that really signed, each once however often it did."""
    message = envelope.signed_bytes()
    good: set[str] = set()
    for signature in envelope.signatures:
        key = keys.get(signature.keyid)
        if signature.keyid not in role.keyids or key is None:
            continue
        if keyid_of(key.public) == signature.keyid and verifies(key.public, signature.sig, message):
            good.add(signature.keyid)
    return frozenset(good)


def reaches(
    role: Role, keys: Mapping[str, RootKey], envelope: dsse.Envelope, verifies: Verifies
) -> bool:
    return len(good_keys(role, keys, envelope, verifies)) >= role.threshold


def pin_root(data: bytes, verifies: Verifies) -> Root | Refused:
    """The first root one has: it must at least agree with itself."""
    opened = open_root(data)
    if isinstance(opened, Refused):
        return opened
    envelope, root = opened
    return root if reaches(root.root, root.keys, envelope, verifies) else _too_few("its own")


def next_root(data: bytes, held: Root, verifies: Verifies) -> Root | Refused:
    opened = open_root(data)
    if isinstance(opened, Refused):
        return opened
    envelope, root = opened
    if root.version != held.version + 1:
        return Refused("rollback", f"root {root.version} after {held.version}")
    if root.installation != held.installation:
        return Refused("foreign", f"installation {root.installation}")
    if not reaches(held.root, held.keys, envelope, verifies):
        return _too_few("the held root's")
    return root if reaches(root.root, root.keys, envelope, verifies) else _too_few("its own")


def read_authority(data: bytes, root: Root, unit: str, verifies: Verifies) -> Authority | Refused:
    """A unit's register, signed as this root demands; says nothing about which is newer."""
    try:
        envelope = dsse.open_envelope(data, HTTPS_DOCUMENT)
        if envelope.payload_type != dsse.payload_type("authority"):
            return Refused("type", envelope.payload_type[:80])
        role = root.authorities.get(unit)
        if role is None:
            return Refused("unit", f"the root names no authority for {unit}")
        if not reaches(role, root.keys, envelope, verifies):
            return _too_few("the authority's")
        authority = decode(envelope.payload, Authority)
    except UnreadableError as e:
        return Refused(e.code, e.detail)
    return sound(authority, unit) or authority


def next_authority(
    data: bytes, root: Root, unit: str, held: Authority | None, verifies: Verifies
) -> Authority | Refused:
    authority = read_authority(data, root, unit, verifies)
    if isinstance(authority, Refused) or held is None or held.unit != unit:
        return authority
    if authority.version <= held.version:
        return Refused("rollback", f"register {authority.version} after {held.version}")
    return authority


def sound(authority: Authority, unit: str) -> Refused | None:
    """What is wrong with a register, whoever signed it."""
    if authority.unit != unit:
        return Refused("unit", f"a register of {authority.unit}")
    if not authority.iat < authority.exp <= authority.iat + REGISTER_LIFE_MS:
        return Refused("life", "a register lives at most 90 days")
    keyids = [key.keyid for key in authority.keys]
    if len(set(keyids)) != len(keyids):
        return Refused("schema", "one keyid twice")
    wrong = [k.keyid for k in authority.keys if k.keyid != keyid_of(k.public)]
    if wrong:
        return Refused("schema", f"{wrong[0]} is not that key's id")
    odd = [k.keyid for k in authority.keys if not is_a_name(k.holder)]
    return Refused("schema", f"the holder of {odd[0]} is no name") if odd else None


def is_a_name(holder: str) -> bool:
    """Two holders are two people only if no one name can be written in two ways."""
    return holder.isprintable() and holder == unicodedata.normalize("NFC", holder).strip()


def open_root(data: bytes) -> tuple[dsse.Envelope, Root] | Refused:
    """Read, with nobody's word for it yet."""
    try:
        envelope = dsse.open_envelope(data, HTTPS_DOCUMENT)
        if envelope.payload_type != dsse.payload_type("root"):
            return Refused("type", envelope.payload_type[:80])
        return envelope, decode(envelope.payload, Root)
    except UnreadableError as e:
        return Refused(e.code, e.detail)


def keyid_of(public_hex: str) -> str:
    return dsse.keyid(bytes.fromhex(public_hex))


def _too_few(whose: str) -> Refused:
    return Refused("signatures", f"{whose} threshold is not reached")
