"""A district's desk for enrolment, in memory: what a listener would answer, and who decides."""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from loa_node.enrol import Answer, Asked, Said, Unsaid
from loa_wire.claim import code_of
from loa_wire.enrol import Enrol, Enrolment, Renew

CONSOLE = "https://loa.tanquan.example.vn/fleet/add"
NODE, UNIT, BROKER = "ap-3", "tq", "localhost:8883"
YEAR = timedelta(days=365)


@dataclass
class Record:
    csr: x509.CertificateSigningRequest
    asked: Enrol | None
    state: str = "pending"
    node: str = ""
    cert: str = ""


class Registry:
    """`approve(code)`, `refuse(code)`, `forget()`; `asked` is every request so far."""

    def __init__(self, ca: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.ca, self._key = ca, key
        self.records: dict[str, Record] = {}
        self.asked: list[Asked] = []
        self.broker = BROKER
        self.https = ""
        self.unit = UNIT
        self.life = YEAR
        self.down: str = ""  # a reason: nobody answers
        self.lose_next_answer = False

    @classmethod
    def made(cls) -> Self:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Loa test")])
        now = datetime.now(UTC)
        builder = _builder(name, name, key.public_key(), now, now + 20 * YEAR)
        ca = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return cls(ca.sign(key, hashes.SHA256()), key)

    @property
    def ca_pem(self) -> bytes:
        return self.ca.public_bytes(Encoding.PEM)

    # people

    def approve(self, code: str, node: str = NODE) -> None:
        record = self.of_code(code)
        record.state, record.node = "active", node
        record.cert = self.certificate(record.csr.public_key(), node)

    def refuse(self, code: str) -> None:
        self.of_code(code).state = "refused"

    def of_code(self, code: str) -> Record:
        return next(r for r in self.records.values() if code_of(_spki(r.csr)) == code)

    def certificate(self, key: object, node: str, *, begins: datetime | None = None) -> str:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        begins = begins or datetime.now(UTC) - timedelta(hours=1)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node)])
        builder = _builder(name, self.ca.subject, key, begins, begins + self.life)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    # the listener

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        self.asked.append(asked)
        if asked.path == "/enrol" and asked.body:
            return self._enrol(msgspec.json.decode(asked.body, type=Enrol))
        if asked.path == "/renew" and asked.body:
            return self._renew(msgspec.json.decode(asked.body, type=Renew))
        record = self.records.get(asked.path.removeprefix("/enrol/"))
        return (404, b"") if record is None else (200, self._said(record))

    def _enrol(self, said: Enrol) -> tuple[int, bytes]:
        csr = x509.load_pem_x509_csr(said.csr.encode())
        assert csr.is_signature_valid
        name = hashlib.sha256(_spki(csr)).hexdigest()
        record = self.records.setdefault(name, Record(csr, said))
        return 202, self._said(record)

    def _renew(self, said: Renew) -> tuple[int, bytes]:
        csr = x509.load_pem_x509_csr(said.csr.encode())
        old = x509.load_pem_x509_certificate(said.cert.encode())
        key = old.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        try:
            old.verify_directly_issued_by(self.ca)
            proof = base64.b64decode(said.proof)
            key.verify(proof, said.csr.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return 403, b"proof\n"
        cert = self.certificate(csr.public_key(), said.node)
        record = Record(csr, None, "active", said.node, cert)
        self.records[hashlib.sha256(_spki(csr)).hexdigest()] = record
        return 200, self._said(record)

    def _said(self, record: Record) -> bytes:
        if record.state != "active":
            return msgspec.json.encode(Enrolment(state=record.state, console=CONSOLE))  # type: ignore[arg-type]
        return msgspec.json.encode(
            Enrolment(
                state="active",
                console=CONSOLE,
                node=record.node,
                unit=self.unit,
                cert=record.cert,
                broker=self.broker,
                https=self.https,
            )
        )


class FakeDesk:
    """The node's end of it, without a line: answers are there when next asked for."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._answers: deque[Answer] = deque()

    def ask(self, asked: Asked) -> None:
        if self.registry.down:
            self._answers.append(Unsaid(self.registry.down))
            return
        status, body = self.registry.answer(asked)
        if self.registry.lose_next_answer:
            self.registry.lose_next_answer = False
            self._answers.append(Unsaid("unreachable"))
        elif status in (200, 202):
            self._answers.append(Said(msgspec.json.decode(body, type=Enrolment)))
        else:
            self._answers.append(Unsaid(f"status_{status}", body.decode().strip()))

    def say(self, answer: Answer) -> None:
        self._answers.append(answer)

    def answers(self) -> list[Answer]:
        taken, self._answers = list(self._answers), deque()
        return taken


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _spki(csr: x509.CertificateSigningRequest) -> bytes:
    return csr.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
