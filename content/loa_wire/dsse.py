"""DSSE v1 envelopes with our strictness: https://github.com/secure-systems-lab/dsse (protocol.md).

No canonical JSON anywhere: the signed bytes travel as they are. Signing and verifying are done
by the two sides with their own library; this module only knows the bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from loa_wire.limits import SIGNATURES
from loa_wire.parse import UnreadableError, parse


@dataclass(frozen=True, slots=True)
class Signature:
    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    def signed_bytes(self) -> bytes:
        return pae(self.payload_type, self.payload)


class _RawSignature(msgspec.Struct, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _RawEnvelope(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: list[_RawSignature]


def payload_type(typ: str) -> str:
    return f"application/vnd.loa.{typ}.v1+json"


def pae(kind: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: what a signature covers."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def keyid(public: bytes) -> str:
    """First 32 hex of SHA-256("loa-ed25519" || public key)."""
    return hashlib.sha256(b"loa-ed25519" + public).hexdigest()[:32]


def open_envelope(data: bytes, longest: int, *, fewest: int = 1) -> Envelope:
    """Steps 1 and 2 of a node's checks: size, strict JSON, strict base64, 1-4 signatures.

    `fewest` 0 is for people who have a document before them that nobody has signed yet.
    Raises UnreadableError with code `size`, `json`, `envelope` or `base64`.
    """
    if len(data) > longest:
        raise UnreadableError("size", f"{len(data)} bytes, at most {longest}")
    try:
        raw = msgspec.convert(parse(data), _RawEnvelope, strict=True)
    except msgspec.ValidationError as e:
        raise UnreadableError("envelope", str(e)) from e
    if not fewest <= len(raw.signatures) <= SIGNATURES:
        raise UnreadableError("envelope", f"{len(raw.signatures)} signatures")
    signatures = tuple(Signature(s.keyid, _base64(s.sig)) for s in raw.signatures)
    return Envelope(_base64(raw.payload), raw.payload_type, signatures)


def seal(kind: str, payload: bytes, signatures: Iterable[Signature]) -> bytes:
    """The envelope's bytes, ASCII JSON."""
    return json.dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": kind,
            "signatures": [
                {"keyid": s.keyid, "sig": base64.b64encode(s.sig).decode()} for s in signatures
            ],
        },
        separators=(",", ":"),
    ).encode()


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise UnreadableError("base64", str(e)) from e
    if base64.b64encode(data).decode() != text:  # stray padding bits: two texts, one payload
        raise UnreadableError("base64", "not canonical")
    return data
