"""The key and what certifies it, in the identity folder. No byte of a key leaves this module.

Every file is written beside its place, flushed and renamed, so a power cut leaves the old one or
the new one. A renewal is two files: `key.new` stands beside `key` until `cert.new`, which fits it,
is on the card as well; then both take their places, and a start finishes what a cut interrupted.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from loa_node.enrol import PapersError
from loa_wire.enrol import Enrolment

_NEW: Final = ".new"


@dataclass(frozen=True, slots=True)
class Life:
    """Of a certificate, in ms UTC."""

    begins: int
    ends: int


class Papers:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ca = x509.load_pem_x509_certificate((folder / "ca").read_bytes())

    def settle(self) -> None:
        """Finishes or forgets what a power cut interrupted."""
        for left in self._folder.glob(".*.tmp"):
            left.unlink(missing_ok=True)
        new = self._cert("cert.new")
        if new is None:
            (self._folder / "cert.new").unlink(missing_ok=True)
        elif _same(new, self._key("key.new")) or _same(new, self._key("key")):
            self._take_places()
        else:
            (self._folder / "cert.new").unlink()

    def complete(self) -> bool:
        """A key, and a certificate of our CA for it."""
        cert = self._cert("cert")
        return cert is not None and _same(cert, self._key("key")) and self._issued(cert)

    # the first key

    def spki(self) -> bytes:
        return _spki(self._own_key())

    def csr(self) -> str:
        return _csr(self._own_key())

    def accept(self, said: Enrolment) -> None:
        """From here on this card is that node. `server` comes last: it is what makes it one."""
        if said.node is None or said.unit is None or not _is_address(said.broker):
            raise PapersError("an active enrolment names node, unit and broker")
        self._checked(said.cert, said.node, self._own_key())
        server = {
            "node": said.node,
            "unit": said.unit,
            "broker": said.broker,
            "https": said.https or self._https(),
        }
        _place(self._folder / "cert", said.cert.encode(), 0o640)
        _place(self._folder / "server", json.dumps(server).encode(), 0o640)
        (self._folder / "token").unlink(missing_ok=True)

    # the next key

    def life(self) -> Life:
        cert = self._cert("cert")
        if cert is None:
            raise PapersError("the certificate cannot be read")
        return Life(_ms(cert.not_valid_before_utc), _ms(cert.not_valid_after_utc))

    def cert(self) -> str:
        return (self._folder / "cert").read_text(encoding="ascii")

    def spki_of_cert(self) -> bytes:
        cert = self._cert("cert")
        key = self._key("key")
        if cert is None or key is None or not _same(cert, key):
            raise PapersError("key and certificate are missing or do not fit")
        return _spki(key)

    def sign(self, message: bytes) -> bytes:
        """In the node's own name, for what travels without its connection."""
        key = self._key("key")
        if key is None:
            raise PapersError("the key cannot be read")
        return key.sign(message, ec.ECDSA(hashes.SHA256()))

    def next_csr(self) -> str:
        """For the next key: made now, or by an attempt before whose answer was lost."""
        key = self._key("key.new")
        if key is None:
            key = self._make("key.new")
        return _csr(key)

    def proof(self, csr: str) -> str:
        """The key in use vouches for the next one."""
        signature = self._own_key().sign(csr.encode(), ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(signature).decode()

    def renew(self, cert: str, node: str) -> None:
        key = self._key("key.new")
        if key is None:
            raise PapersError("there is no next key")
        self._checked(cert, node, key)
        _place(self._folder / "cert.new", cert.encode(), 0o640)
        self._take_places()

    def _https(self) -> str:
        return str(json.loads((self._folder / "server").read_text(encoding="utf-8"))["https"])

    def _take_places(self) -> None:
        """The certificate last: until then `cert.new` says that something is to be finished."""
        for name in ("key", "cert"):
            new = self._folder / f"{name}{_NEW}"
            if new.exists():
                new.rename(self._folder / name)
                _sync(self._folder)

    def _checked(self, pem: str, node: str, key: ec.EllipticCurvePrivateKey) -> None:
        try:
            cert = x509.load_pem_x509_certificate(pem.encode())
        except ValueError as e:
            raise PapersError("what came is not a certificate") from e
        names = cert.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [name.value for name in names] != [node]:
            raise PapersError("the certificate is another node's")
        if not _same(cert, key):
            raise PapersError("the certificate is for another key")
        if not self._issued(cert):
            raise PapersError("the certificate is not by our CA")

    def _issued(self, cert: x509.Certificate) -> bool:
        try:
            cert.verify_directly_issued_by(self._ca)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def _own_key(self) -> ec.EllipticCurvePrivateKey:
        key = self._key("key")
        if key is not None:
            return key
        with contextlib.suppress(FileNotFoundError):  # a damaged one is kept for whoever wonders
            (self._folder / "key").rename(self._folder / "key.damaged")
        return self._make("key")

    def _make(self, name: str) -> ec.EllipticCurvePrivateKey:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _place(self._folder / name, pem, 0o600)
        return key

    def _key(self, name: str) -> ec.EllipticCurvePrivateKey | None:
        try:
            key = load_pem_private_key((self._folder / name).read_bytes(), password=None)
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return key if isinstance(key, ec.EllipticCurvePrivateKey) else None

    def _cert(self, name: str) -> x509.Certificate | None:
        try:
            return x509.load_pem_x509_certificate((self._folder / name).read_bytes())
        except (FileNotFoundError, ValueError):
            return None


def _same(cert: x509.Certificate, key: ec.EllipticCurvePrivateKey | None) -> bool:
    public = cert.public_key()
    if key is None or not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    return public.public_numbers() == key.public_key().public_numbers()


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _csr(key: ec.EllipticCurvePrivateKey) -> str:
    """Its subject says nothing: the district goes by its own record."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit()


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def _place(path: Path, body: bytes, mode: int) -> None:
    beside = path.with_name(f".{path.name}.tmp")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(handle)
    beside.rename(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
