"""The keys of the register in force, as the trust folder has it and its root vouches for it.

What is decided with them (did a duty key really sign this?) every node decides again, with its
own register: here it keeps a forged row from getting the district's own signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from loa_wire import chain
from loa_wire.trusted import RegisterKey


def registered(trust: Path, unit: str) -> Sequence[RegisterKey]:
    """Read anew each time: emergencies are rare, and a revoked key must not be believed."""
    roots = _newest_first(trust, "root")
    root = chain.pin_root(roots[0].read_bytes(), verifies) if roots else None
    if root is None or isinstance(root, chain.Refused):
        return ()
    for file in _newest_first(trust, "register"):
        register = chain.read_authority(file.read_bytes(), root, unit, verifies)
        if not isinstance(register, chain.Refused):
            return register.keys
    return ()


def verifies(public: str, sig: bytes, message: bytes) -> bool:
    """`public` in hex."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(sig, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _newest_first(trust: Path, kind: str) -> list[Path]:
    numbered = [
        (int(number), file)
        for file in trust.glob(f"{kind}-*.json")
        if (number := file.stem.removeprefix(f"{kind}-")).isdecimal()
    ]
    return [file for _, file in sorted(numbered, reverse=True)]
