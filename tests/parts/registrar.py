"""The fake registry behind a real HTTPS listener: a real agent cannot tell it from a district."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fakes.registry import Registry
from loa_node.enrol import Asked
from loa_server import pki
from parts.https import HttpsServer
from parts.pki import Certificates


def issuer(authority: pki.Pair) -> Registry:
    """Whose certificates are by that CA: also one that has run out, which no district issues."""
    key = load_pem_private_key(authority.key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Registry(x509.load_pem_x509_certificate(authority.cert), key)


def registry_at(https: HttpsServer, certificates: Certificates) -> Registry:
    """Its certificates open the same broker as everyone else's."""
    registry = issuer(certificates.authority)
    registry.https = https.base
    https.desk = lambda path, body: registry.answer(Asked(path, body))
    return registry
