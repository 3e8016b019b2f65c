"""The root and the register of keys, as this node judges them: the wire's rules, our Ed25519.

The rules themselves are `loa_wire.chain`, which the district's people check with as well.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from loa_wire import chain
from loa_wire.chain import Refused
from loa_wire.trusted import Authority, Root

__all__ = ["Refused", "next_authority", "next_root", "pin_root", "read_authority", "verifies"]


def verifies(public_hex: str, signature: bytes, message: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def pin_root(data: bytes) -> Root | Refused:
    """The root this node was enrolled with: it must at least agree with itself."""
    return chain.pin_root(data, verifies)


def next_root(data: bytes, held: Root) -> Root | Refused:
    return chain.next_root(data, held, verifies)


def read_authority(data: bytes, root: Root, unit: str) -> Authority | Refused:
    """A unit's register, signed as this root demands; says nothing about which is newer."""
    return chain.read_authority(data, root, unit, verifies)


def next_authority(
    data: bytes, root: Root, unit: str, held: Authority | None
) -> Authority | Refused:
    return chain.next_authority(data, root, unit, held, verifies)
