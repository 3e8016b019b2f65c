"""Cards that ask to become nodes, and nodes that ask for a new certificate. Over HTTPS, unsigned.

What they say is written down and bounded; nothing they say makes anything true. A card waits
until a person takes it in (`admission`); the signer then certifies its key, or says why not.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar

import msgspec
from django.db import transaction
from django.db.models import F, Q

from loa_server import pki
from loa_server.audit.book import record
from loa_server.bucket import Buckets
from loa_server.config import ServerConfig
from loa_server.dispatch.signing import Certifier, SigningError
from loa_server.dispatch.waitingroom import ROOM, Room, make_room
from loa_server.fleet.models import Batch, Enrolment, Node
from loa_wire import WIRE, claim
from loa_wire.enrol import LONGEST, Enrol, Renew
from loa_wire.enrol import Enrolment as Paper

HEARD_EVERY: Final = timedelta(seconds=60)

RENEWALS_A_SECOND, RENEWALS = 4 / 86_400, 4.0
"""New keys of one node: one is meant, the others are answers that got lost."""

CERTIFIED_A_SECOND, CERTIFIED = 1 / 10, 4.0
"""Requests to the signer for one row: a card asks every eight seconds."""

Why = Literal["unreadable", "rate", "unknown", "revoked", "proof", "superseded", "refused"]
State = Enrolment.State
Shape = TypeVar("Shape", Enrol, Renew)


@dataclass(frozen=True, slots=True)
class Declined:
    why: Why
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """`twins`: two boards that claim to be this one node, and which."""

    answer: Paper
    node: str = ""
    twins: str = ""


_ENROL: Final = msgspec.json.Decoder(Enrol)
_RENEW: Final = msgspec.json.Decoder(Renew)


class Enrolments:
    """One thread's. `certifier` is asked only for what a row already allows."""

    def __init__(self, config: ServerConfig, certifier: Certifier, room: Room = ROOM) -> None:
        self._config = config
        self._certifier = certifier
        self._room = room
        self._renewals = Buckets(RENEWALS_A_SECOND, RENEWALS)
        self._certified = Buckets(CERTIFIED_A_SECOND, CERTIFIED)

    def enrol(self, body: bytes, address: str, now: datetime) -> Told | Declined:
        """The same key again is the same row: a card that lost the answer asks anew."""
        asked = _read(body, _ENROL)
        if isinstance(asked, Declined):
            return asked
        try:
            key = pki.spki(pki.key_of_csr(asked.csr.encode()))
        except pki.PkiError as e:
            return Declined("unreadable", str(e))
        row = Enrolment.objects.filter(pk=claim.key_hash(key)).select_related("node").first()
        if row is not None:
            return self._known(row, asked, now)
        return self._told(_write(asked, key, self._room, address[:64], now))

    def look(self, keyhash: str, now: datetime) -> Told | Declined:
        row = Enrolment.objects.filter(pk=keyhash).select_related("node").first()
        if row is None:
            return Declined("unknown")
        self.certify(row, now)
        _heard(row, now)
        return self._told(row)

    def renew(self, body: bytes, now: datetime) -> Told | Declined:
        asked = _read(body, _RENEW)
        if isinstance(asked, Declined):
            return asked
        row = _renewal(asked, now, self._renewals)
        if isinstance(row, Declined):
            return row
        self.certify(row, now)
        if not row.cert:
            return Declined("refused", row.error)
        return self._told(row, asked.serial)

    def certify(self, row: Enrolment, now: datetime) -> None:
        """Asks the signer, if the row was taken in and has no certificate; keeps what it says."""
        if row.state != State.ACTIVE or row.cert:
            return
        # anybody may ask for a row whose hash they saw, and each time the signer would be asked
        if not self._certified.take(row.pk, now.timestamp()):
            return
        try:
            row.cert = self._certifier.certificate(row.pk).decode()
        except SigningError as e:
            row.error = str(e)[:300]
            row.save(update_fields=["error"])
            return
        with transaction.atomic():
            row.issued_at, row.error = now, ""
            row.save(update_fields=["cert", "issued_at", "error"])
            record(
                "node_certificate",
                who="loa-server signer",
                subject=str(row.node_id),
                detail={"key": row.pk},
                at=now,
                place=row.node.area.path if row.node else "",
            )

    def _known(self, row: Enrolment, asked: Enrol, now: datetime) -> Told:
        twin = bool(asked.serial and row.serial and asked.serial != row.serial)
        if twin and not row.twice:
            Enrolment.objects.filter(pk=row.pk).update(twice=True)
        self.certify(row, now)
        _heard(row, now)
        return self._told(row, asked.serial)

    def _told(self, row: Enrolment, serial: str = "") -> Told:
        node, config = row.node, self._config
        console = f"{config.console_url}/fleet/add"
        if row.state == State.REFUSED or (node and node.status == Node.Status.REVOKED):
            return Told(Paper(state="refused", console=console), str(row.node_id or ""))
        if node is None or not row.cert:
            return Told(Paper(state="pending", console=console))
        answer = Paper(
            state="active",
            console=console,
            node=node.id,
            unit=node.unit,
            cert=row.cert,
            broker=f"{config.broker.host}:{config.broker.port}",
            https=f"https://{config.nodes.address}:{config.nodes.port}",
        )
        return Told(answer, node.id, _twins(row, serial))


def _read(body: bytes, decoder: msgspec.json.Decoder[Shape]) -> Shape | Declined:
    if len(body) > LONGEST:
        return Declined("unreadable", f"over {LONGEST} bytes")
    try:
        asked = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        return Declined("unreadable", str(e)[:200])
    return asked if asked.v <= WIRE else Declined("unreadable", f"wire {asked.v}")


def _write(asked: Enrol, key: bytes, room: Room, address: str, now: datetime) -> Enrolment:
    with transaction.atomic():
        batch = _spend(asked.token, now) if asked.token else None
        if batch is None:
            make_room(room, address, now)
        return Enrolment.objects.create(
            keyhash=claim.key_hash(key),
            claim=claim.code_of(key),
            csr=asked.csr,
            serial=asked.serial,
            boot=asked.boot,
            software=asked.software,
            address=address,
            first_at=now,
            last_at=now,
            batch=batch,
        )


def _spend(token: str, now: datetime) -> Batch | None:
    """One use of it, if it has one left; a wrong token is as good as none."""
    good = Batch.objects.filter(
        Q(closed_at=None), sha256=fingerprint(token), until__gt=now, used__lt=F("uses")
    )
    spent = good.update(used=F("used") + 1)
    return Batch.objects.get(sha256=fingerprint(token)) if spent else None


def fingerprint(token: str) -> str:
    return hashlib.sha256(b"loa-batch" + token.strip().encode()).hexdigest()


def _heard(row: Enrolment, now: datetime) -> None:
    if row.last_at < now - HEARD_EVERY:
        Enrolment.objects.filter(pk=row.pk).update(last_at=now)


def _twins(row: Enrolment, serial: str) -> str:
    known = row.renews.serial if row.renews else row.serial
    return f"{known} / {serial}" if known and serial and known != serial else ""


def _renewal(asked: Renew, now: datetime, pace: Buckets) -> Enrolment | Declined:
    """The new key's row. The proof is checked here before anything is kept, and by the signer."""
    try:
        key = pki.spki(pki.key_of_csr(asked.csr.encode()))
        old_key = pki.key_of_cert(asked.cert.encode())
        proof = base64.b64decode(asked.proof, validate=True)
    except ValueError as e:  # PkiError is one, and so is base64 that is no ASCII
        return Declined("unreadable", str(e))
    old = Enrolment.objects.filter(pk=claim.key_hash(pki.spki(old_key)), node=asked.node)
    prior = old.select_related("node__area").first()
    if prior is None or prior.node is None:
        return Declined("unknown", "no node of ours has that key")
    if prior.node.status != Node.Status.ACTIVE:
        return Declined("revoked")
    if not pki.signed_by(old_key, proof, asked.csr.encode()):
        return Declined("proof")
    row = Enrolment.objects.filter(pk=claim.key_hash(key)).select_related("node", "renews").first()
    if row is not None:
        return row if row.renews_id == prior.pk else Declined("proof", "this key is another's")
    return _write_renewal(asked, key, prior, now, pace)


def _write_renewal(
    asked: Renew, key: bytes, prior: Enrolment, now: datetime, pace: Buckets
) -> Enrolment | Declined:
    node = prior.node
    assert node is not None  # noqa: S101 - looked at before
    newest = node.enrolments.filter(issued_at__isnull=False).order_by("-issued_at").first()
    if newest is None or prior.pk not in (newest.pk, newest.renews_id):
        return Declined("superseded")
    # after the proof: nobody uses up the pace of another's node
    if not pace.take(node.id, now.timestamp()):
        return Declined("rate", "too many new keys today")
    # of tries that never got a certificate only the latest counts
    node.enrolments.filter(renews=prior, cert="").delete()
    with transaction.atomic():
        row = Enrolment.objects.create(
            keyhash=claim.key_hash(key),
            claim=claim.code_of(key),
            csr=asked.csr,
            state=State.ACTIVE,
            serial=asked.serial or prior.serial,
            first_at=now,
            last_at=now,
            node=node,
            renews=prior,
            proof=asked.proof,
        )
        record(
            "node_renew",
            who=f"node {node.id}",  # with its space it is nobody's user name
            subject=node.id,
            detail={"key": row.pk, "old": prior.pk},
            at=now,
            place=node.area.path,
        )
    return row
