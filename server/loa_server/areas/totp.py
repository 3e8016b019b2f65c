"""Codes of a second factor (RFC 6238: SHA-1, six digits, thirty seconds). Pure.

A step is the number of half minutes since 1970. A code is taken for the step before and after as
well: phones and servers are rarely more than half a minute apart, and people type slowly.
"""

from __future__ import annotations

import hmac
from typing import Final

import pyotp

STEP_S: Final = 30
DIGITS: Final = 6
AROUND: Final = 1
"""Steps before and after the present one that are taken too."""


def new_secret() -> str:
    """160 bits, in the letters that authenticator apps take."""
    return pyotp.random_base32(32)


def step_at(seconds: float) -> int:
    return int(seconds) // STEP_S


def code_at(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).at(step * STEP_S)


def is_code_of(secret: str, step: int, code: str) -> bool:
    return hmac.compare_digest(code_at(secret, step).encode(), code.encode())


def step_of(secret: str, code: str, seconds: float) -> int | None:
    """Which of the steps around this moment the code belongs to; None if to none of them."""
    now = step_at(seconds)
    found = [n for n in range(now - AROUND, now + AROUND + 1) if is_code_of(secret, n, code)]
    return found[-1] if found else None


def as_typed(text: str) -> str:
    """Without the spaces that apps show and people copy; "" unless it then is a code."""
    code = "".join(text.split()).replace("-", "")
    return code if len(code) == DIGITS and code.isascii() and code.isdigit() else ""
