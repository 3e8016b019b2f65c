from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from loa_server import pki

BIRTH = datetime(2026, 1, 5, 6, tzinfo=UTC)
LATER = BIRTH + timedelta(days=400)


def a_request(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, name: str) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM)


def test_what_a_node_checks_is_valid_from_the_birth_of_the_ca() -> None:
    ca = pki.make_ca("Loa", BIRTH)

    server = x509.load_pem_x509_certificate(pki.issue_server_cert(ca, ["localhost"], LATER).cert)

    assert server.not_valid_before_utc == BIRTH
    assert server.not_valid_after_utc == LATER + pki.SERVER_LIFE


def test_a_server_certificate_holds_its_names_and_addresses_and_is_signed_by_the_ca() -> None:
    ca = pki.make_ca("Loa", BIRTH)

    made = pki.issue_server_cert(ca, ["loa.example", "192.0.2.7"], BIRTH)

    server = x509.load_pem_x509_certificate(made.cert)
    server.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.cert))
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["loa.example"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]


def test_a_node_gets_one_year_and_the_name_that_our_record_says_not_its_own() -> None:
    ca = pki.make_ca("Loa", BIRTH)
    request = a_request(ec.generate_private_key(ec.SECP256R1()), "loa-engine")

    pem = pki.issue_node_cert(ca, "tq-01", pki.key_of_csr(request), LATER)

    node = x509.load_pem_x509_certificate(pem)
    assert node.subject.rfc4514_string() == "CN=tq-01"
    assert node.not_valid_after_utc == LATER + timedelta(days=365)


@pytest.mark.parametrize("node_id", ["", "a/b", "+", "#", "TQ", "x" * 65, "loa-engine", "a b"])
def test_a_node_cannot_be_called_like_a_topic_or_like_a_program(node_id: str) -> None:
    ca = pki.make_ca("Loa", BIRTH)
    key = pki.public_key_of(pki.make_node_key())

    with pytest.raises(pki.PkiError):
        pki.issue_node_cert(ca, node_id, key, BIRTH)


def test_a_program_of_the_district_cannot_be_called_like_a_node() -> None:
    with pytest.raises(pki.PkiError):
        pki.issue_program_cert(pki.make_ca("Loa", BIRTH), "tq-01", BIRTH)


def test_a_request_that_is_rubbish_or_of_another_kind_of_key_is_refused() -> None:
    for request in (
        b"rubbish",
        a_request(ed25519.Ed25519PrivateKey.generate(), "tq-01"),
        a_request(ec.generate_private_key(ec.SECP384R1()), "tq-01"),
    ):
        with pytest.raises(pki.PkiError):
            pki.key_of_csr(request)


def test_a_request_changed_on_its_way_is_refused() -> None:
    pem = a_request(ec.generate_private_key(ec.SECP256R1()), "tq-01")
    request = x509.load_pem_x509_csr(pem)
    der = bytearray(request.public_bytes(Encoding.DER))
    der[der.index(b"tq-01")] = ord("x")
    changed = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)

    with pytest.raises(pki.PkiError, match="not signed"):
        pki.key_of_csr(changed)
