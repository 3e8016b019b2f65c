"""(what the rows say of a card's key) -> whose certificate it gets, or why none. Pure.

A certificate opens the broker's door under one node's name. It is given for two reasons only: a
person who may do so there took the card in with a fresh code of theirs, or the node's own key,
which our CA has certified before, vouches for a new one. Of the request only the key is used.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from loa_server import pki
from loa_server.areas.scope import Standing
from loa_server.signer.rules import Refuse
from loa_wire.claim import key_hash

TAKE_IN: Final = ("registrar", "technician")
"""Who may add and revoke nodes, in their area."""
WAITS: Final = timedelta(days=1)
"""For so long a person's word waits for a signer that is away."""
SLEPT: Final = timedelta(days=365)
"""So long after its end a certificate still vouches for a new key: nodes sleep for months."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A person's word. `proved`: their code was good at that moment, and was used for no other."""

    person: Standing
    at: datetime
    step: int
    proved: bool


@dataclass(frozen=True, slots=True)
class Renewal:
    """The older key's word. `held`: it is the node's latest, or the one before that."""

    cert: str
    proof: str
    held: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One Enrolment row and what hangs on it. `path` is the node's place, None unless active."""

    keyhash: str
    csr: str
    node: str
    path: str | None
    state: str
    word: TakenIn | Renewal | None


@dataclass(frozen=True, slots=True)
class Certify:
    node: str
    key: ec.EllipticCurvePublicKey


def judge(asked: Asked, ca_cert: bytes, now: datetime) -> Certify | Refuse:
    try:
        key = pki.key_of_csr(asked.csr.encode())
    except pki.PkiError as e:
        return Refuse("csr", str(e))
    if key_hash(pki.spki(key)) != asked.keyhash:
        return Refuse("csr", "this is not the key that the row is about")
    if asked.path is None or asked.state != "active":
        return Refuse("not_active", "no active node stands behind this key")
    return _vouched(asked, asked.path, ca_cert, now) or Certify(asked.node, key)


def _vouched(asked: Asked, path: str, ca_cert: bytes, now: datetime) -> Refuse | None:
    match asked.word:
        case TakenIn():
            return _by_person(asked.word, path, now)
        case Renewal():
            return _by_old_key(asked.word, asked, ca_cert, now)
        case None:
            return Refuse("not_approved", "nobody took this card in")


def _by_person(word: TakenIn, path: str, now: datetime) -> Refuse | None:
    if not word.proved:
        return Refuse("totp", "no good code stands under this approval")
    if not any(word.person.may(role, path) for role in TAKE_IN):
        return Refuse("approver", "neither registrar nor technician of this place")
    if not timedelta(0) <= now - word.at <= WAITS:
        return Refuse("stale", "taken in too long ago: take it in again")
    return None


def _by_old_key(word: Renewal, asked: Asked, ca_cert: bytes, now: datetime) -> Refuse | None:
    try:
        old = pki.read_node_cert(ca_cert, word.cert.encode())
        proof = base64.b64decode(word.proof, validate=True)
    except ValueError as e:  # PkiError is one, and so is base64 that is no ASCII
        return Refuse("old_cert", str(e))
    if old.node != asked.node:
        return Refuse("old_cert", f"the old certificate is {old.node}'s")
    if not pki.signed_by(old.key, proof, asked.csr.encode()):
        return Refuse("proof", "the old key did not sign this request")
    if not word.held:
        return Refuse("superseded", "a newer key took the place of this one")
    return Refuse("too_old", "it ran out over a year ago") if now - old.until > SLEPT else None
