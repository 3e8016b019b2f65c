"""A bulletin's id: 48 bits of time, 80 of chance, in Crockford's base 32. Sorts by age.

https://github.com/ulid/spec
"""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new(now_ms: int) -> str:
    return write(now_ms << 80 | secrets.randbits(80))


def write(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
