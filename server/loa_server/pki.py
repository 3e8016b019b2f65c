"""The private CA: who is the broker, who is the engine, who is which node.

One CA per installation, keys EC P-256. A certificate says only what our own records say: the
common name is the identity that the broker uses as user name and client id.
Certificates that a node checks begin at the CA's birth, never now: a node's clock may be weeks
behind (SECURITY §2).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFE = timedelta(days=20 * 365)
SERVER_LIFE = timedelta(days=825)
NODE_LIFE = timedelta(days=365)
RESERVED = "loa-"  # names of the district's own programs at the broker

_NODE_ID = re.compile(r"[a-z0-9_-]{1,64}")


class PkiError(ValueError):
    """A certificate that must not be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and, where it was made here, its private key; both PEM."""

    cert: bytes
    key: bytes


def make_ca(name: str, now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = (
        _builder(subject, subject, key.public_key())
        .not_valid_before(now)
        .not_valid_after(now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return Pair(_pem(builder.sign(key, hashes.SHA256())), _key_pem(key))


def issue_server_cert(ca: Pair, names: list[str], now: datetime) -> Pair:
    """For the broker and the nodes' HTTPS listener; `names` are host names and IP addresses."""
    if not names:
        raise PkiError("a server certificate needs at least one host name or address")
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    builder = (
        _builder(_name(names[0]), _subject(ca), key.public_key())
        .not_valid_before(_born(ca))
        .not_valid_after(now + SERVER_LIFE)
        .add_extension(alternatives, critical=False)
    )
    return Pair(_sign(ca, builder, ExtendedKeyUsageOID.SERVER_AUTH), _key_pem(key))


def issue_program_cert(ca: Pair, name: str, now: datetime) -> Pair:
    """For one of the district's own programs at the broker, such as `loa-engine`."""
    if not name.startswith(RESERVED):
        raise PkiError(f"the name of a program of the district begins with {RESERVED!r}: {name!r}")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_name(name), _subject(ca), key.public_key())
        .not_valid_before(_born(ca))
        .not_valid_after(now + SERVER_LIFE)
    )
    return Pair(_sign(ca, builder, ExtendedKeyUsageOID.CLIENT_AUTH), _key_pem(key))


def issue_node_cert(
    ca: Pair, node_id: str, public_key: ec.EllipticCurvePublicKey, now: datetime
) -> bytes:
    """PEM. One year; of what the node sent only its public key is used (`key_of_csr`)."""
    if not _NODE_ID.fullmatch(node_id):
        raise PkiError(f"a node id is 1-64 of a-z 0-9 _ -, got {node_id!r}")
    if node_id.startswith(RESERVED):
        raise PkiError(f"no node may be called like a program of the district: {node_id!r}")
    builder = (
        _builder(_name(node_id), _subject(ca), public_key)
        .not_valid_before(max(_born(ca), now - timedelta(hours=1)))
        .not_valid_after(now + NODE_LIFE)
    )
    return _sign(ca, builder, ExtendedKeyUsageOID.CLIENT_AUTH)


def key_of_csr(pem: bytes) -> ec.EllipticCurvePublicKey:
    """The key whose owner signed this request; its subject and extensions are not looked at."""
    try:
        request = x509.load_pem_x509_csr(pem)
        key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise PkiError("this is not a certificate signing request") from e
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise PkiError("a node's key must be EC P-256")
    if not _signed_by_itself(request):
        raise PkiError("the request is not signed with the key that it carries")
    return key


def _signed_by_itself(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def key_of_cert(pem: bytes) -> ec.EllipticCurvePublicKey:
    """The key in it; who signed it is not looked at."""
    try:
        key = x509.load_pem_x509_certificate(pem).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise PkiError("this is not a certificate") from e
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise PkiError("a node's key must be EC P-256")
    return key


def cert_ends(pem: bytes) -> datetime:
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


def spki(key: ec.EllipticCurvePublicKey) -> bytes:
    """SubjectPublicKeyInfo, DER: what key hashes and claim codes are made of."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class NodeCert:
    """What a certificate that our CA has signed says."""

    node: str
    key: ec.EllipticCurvePublicKey
    until: datetime


def read_node_cert(ca_cert: bytes, pem: bytes) -> NodeCert:
    """Its end is not judged. Raises PkiError for what is no node's certificate of this CA."""
    try:
        cert, ca = x509.load_pem_x509_certificate(pem), x509.load_pem_x509_certificate(ca_cert)
        cert.verify_directly_issued_by(ca)
        key = cert.public_key()
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as e:
        raise PkiError("this is not a certificate of our CA") from e
    names = cert.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else ""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not _NODE_ID.fullmatch(name):
        raise PkiError("this is not a node's certificate")
    if name.startswith(RESERVED):
        raise PkiError(f"{name} is a program of the district, not a node")
    return NodeCert(name, key, cert.not_valid_after_utc)


def signed_by(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def make_node_key() -> bytes:
    """PEM. For the demo node; a real node makes its own and never sends it."""
    return _key_pem(ec.generate_private_key(ec.SECP256R1()))


def public_key_of(key_pem: bytes) -> ec.EllipticCurvePublicKey:
    return _load_key(key_pem).public_key()


def _sign(ca: Pair, builder: x509.CertificateBuilder, purpose: x509.ObjectIdentifier) -> bytes:
    ca_key = _load_key(ca.key)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(issuer, critical=False)
    )
    return _pem(builder.sign(ca_key, hashes.SHA256()))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _subject(ca: Pair) -> x509.Name:
    return x509.load_pem_x509_certificate(ca.cert).subject


def _born(ca: Pair) -> datetime:
    return x509.load_pem_x509_certificate(ca.cert).not_valid_before_utc


def _load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError("a key here is always EC P-256")
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem(cert: x509.Certificate) -> bytes:
    return cert.public_bytes(Encoding.PEM)
