"""A card as the district meets it: its own key, what it asks, what it is told."""

from __future__ import annotations

import base64

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from loa_server import pki
from loa_wire import claim
from loa_wire.enrol import Enrol, Renew


class Card:
    """`name` stands in its request's subject, where nobody should look."""

    def __init__(self, serial: str = "board-1", name: str = "somebody") -> None:
        self.serial = serial
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.csr = self._csr()
        self.cert = ""

    @property
    def spki(self) -> bytes:
        return pki.spki(self.key.public_key())

    @property
    def keyhash(self) -> str:
        return claim.key_hash(self.spki)

    @property
    def claim(self) -> str:
        return claim.code_of(self.spki)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def asks(self, token: str = "", serial: str = "") -> bytes:
        serial = serial or self.serial
        return Enrol(csr=self.csr, serial=serial, software="1.0", token=token).encode()

    def renews(self, node: str, to: Card, serial: str = "") -> bytes:
        signature = self.key.sign(to.csr.encode(), ec.ECDSA(hashes.SHA256()))
        proof = base64.b64encode(signature).decode()
        serial = serial or self.serial
        return Renew(node=node, csr=to.csr, cert=self.cert, proof=proof, serial=serial).encode()

    def _csr(self) -> str:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
