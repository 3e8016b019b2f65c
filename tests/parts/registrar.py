"""The fake registry behind a real HTTPS listener: a real agent cannot tell it from a district."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fakes.registry import Registry
from loa_node.enrol import Asked
from parts.https import HttpsServer
from parts.pki import Certificates


def registry_at(https: HttpsServer, pki: Certificates) -> Registry:
    """Its certificates open the same broker as everyone else's."""
    key = load_pem_private_key(pki.authority.key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    registry = Registry(x509.load_pem_x509_certificate(pki.authority.cert), key)
    registry.https = https.base
    https.desk = lambda path, body: registry.answer(Asked(path, body))
    return registry
