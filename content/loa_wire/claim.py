"""The claim code: what a new node shows and says, and what staff type to take it in.

Sixteen Crockford symbols, the first 80 bits of SHA-256("loa-claim" || SubjectPublicKeyInfo): who
types it names that key and no other. Alphabet and reading rules: https://www.crockford.com/base32.html
"""

from __future__ import annotations

import hashlib
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SYMBOLS: Final = 16
_READ = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def key_hash(spki: bytes) -> str:
    """The name of a key in /enrol/<name>; `spki` is its SubjectPublicKeyInfo in DER."""
    return hashlib.sha256(spki).hexdigest()


def code_of(spki: bytes) -> str:
    """Sixteen symbols without a space; `grouped` is for eyes."""
    bits = int.from_bytes(hashlib.sha256(b"loa-claim" + spki).digest()[:10], "big")
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(75, -1, -5))


def grouped(code: str) -> str:
    return " ".join(code[n : n + 4] for n in range(0, len(code), 4))


def as_typed(text: str) -> str | None:
    """The code that a person meant: any case, spaces and dashes, I and L for 1, O for 0."""
    code = text.strip().upper().translate(_READ)
    return code if len(code) == SYMBOLS and set(code) <= set(ALPHABET) else None
