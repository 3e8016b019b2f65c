"""What the database keeps but does not know: sealed with keys made from the `secret` file.

Whoever copies or writes the database alone can neither read a secret nor make one that opens:
a seal opens only for the person and the purpose it was made for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE: Final = 12


def seal(text: str, owner: str) -> str:
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(_key("seal")).encrypt(nonce, text.encode(), owner.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(sealed: str, owner: str) -> str | None:
    """None for what was not sealed here, for this owner: another secret file, a forged row."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        return AESGCM(_key("seal")).decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode()).decode()
    except (ValueError, InvalidTag):
        return None


def fingerprint(text: str, owner: str) -> str:
    """For what has only to be recognised: useless to guess at without the `secret` file."""
    said = f"{owner}\0{text}".encode()
    return hmac.new(_key("fingerprint"), said, hashlib.sha256).hexdigest()


def _key(purpose: str) -> bytes:
    return _derived(settings.SECRET_KEY, purpose)


@cache
def _derived(secret: str, purpose: str) -> bytes:
    info = f"loa second factor v1 {purpose}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())
