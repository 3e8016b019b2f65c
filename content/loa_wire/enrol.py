"""How a card without secrets becomes a node, by HTTPS only: enrol, ask, be placed, renew.

    POST /enrol            Enrol     -> 202 Enrolment (pending); the same key again: the same answer
    GET  /enrol/<keyhash>            -> 200 Enrolment, 404 where nobody knows that key
    POST /renew            Renew     -> 200 Enrolment (active, with the new certificate)

A key is named by the SHA-256 of its SubjectPublicKeyInfo (DER), in hex. None of this is signed by
a register key: a certificate opens the broker's door and nothing else.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from loa_wire.fields import Document, NodeId, UnitId

LONGEST: Final = 16 * 1024
"""Bytes of a request or an answer."""

Pem = Annotated[str, Meta(max_length=8192)]


class Enrol(Document, frozen=True, tag="enrol"):
    """`token` is a batch's: it pre-chooses the commune, it never makes a node active."""

    csr: Pem
    serial: Annotated[str, Meta(max_length=64)] = ""  # the board's own, to tell clones by
    boot: Annotated[str, Meta(max_length=64)] = ""
    software: Annotated[str, Meta(max_length=40)] = ""
    token: Annotated[str, Meta(max_length=64)] = ""


class Renew(Document, frozen=True, tag="renew"):
    """A new key, vouched for by the old one: `proof` is base64 of the old key's ECDSA-SHA256
    signature over the bytes of `csr`. The old certificate may have run out up to a year ago."""

    node: NodeId
    csr: Pem
    cert: Pem
    proof: Annotated[str, Meta(max_length=200)]
    serial: Annotated[str, Meta(max_length=64)] = ""


class Enrolment(Document, frozen=True, tag="enrolment"):
    """What the district says of one key. Everything but `state` is empty until it is active."""

    state: Literal["pending", "active", "refused"]
    console: Annotated[str, Meta(max_length=300)] = ""  # where staff type the claim code
    node: NodeId | None = None
    unit: UnitId | None = None
    cert: Pem = ""
    broker: Annotated[str, Meta(max_length=300)] = ""  # "host:port"
    https: Annotated[str, Meta(max_length=300)] = ""
