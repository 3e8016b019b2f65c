"""The private CA and the certificates of the district's own programs, made where they are missing.

A certificate whose names have changed, or that has less than 60 days left, is made anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from loa_server import pki
from loa_server.config import ServerConfig
from loa_server.files import place
from loa_server.signer.keystore import CA_CERT, CA_KEY, load_ca

RENEW = timedelta(days=60)
ENGINE = "loa-engine"
HERE = ("localhost", "127.0.0.1")


def ensure_ca(config: ServerConfig, now: datetime) -> pki.Pair:
    """The certificate is for every program to read; the key lies with the signer's own."""
    _take_over(config)
    held = load_ca(config.keys_dir)
    if held is None:
        held = pki.make_ca(f"Loa {config.unit.id}", now)
        place(config.keys_dir / CA_KEY, held.key, mode=0o600)
        place(config.keys_dir / CA_CERT, held.cert)
    if _bytes(config.pki_dir / CA_CERT) != held.cert:
        place(config.pki_dir / CA_CERT, held.cert)
    return held


def _take_over(config: ServerConfig) -> None:
    """An older version kept both in pki/, where the web process could read them."""
    key = config.pki_dir / CA_KEY
    if key.exists():
        place(config.keys_dir / CA_KEY, key.read_bytes(), mode=0o600)
        place(config.keys_dir / CA_CERT, (config.pki_dir / CA_CERT).read_bytes())
        key.unlink()


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def ensure_programs(config: ServerConfig, ca: pki.Pair, now: datetime) -> None:
    servers = {"broker": config.broker.host, "nodes-https": config.nodes.address}
    if config.console.tls and not config.console.cert:
        servers["console"] = _host(config.console_url)
    for name, host in servers.items():
        names = list(dict.fromkeys([host, *HERE]))
        if not _good(config.pki_dir, name, names, now):
            _write(config.pki_dir, name, pki.issue_server_cert(ca, names, now))
    if not _good(config.pki_dir, "engine", [], now):
        _write(config.pki_dir, "engine", pki.issue_program_cert(ca, ENGINE, now))


def read(folder: Path, name: str) -> pki.Pair | None:
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    if not (cert.exists() and key.exists()):
        return None
    return pki.Pair(cert.read_bytes(), key.read_bytes())


def lasts(pem: bytes, now: datetime) -> bool:
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc - now > RENEW


def _good(folder: Path, name: str, names: list[str], now: datetime) -> bool:
    held = read(folder, name)
    return held is not None and lasts(held.cert, now) and _names(held.cert) == set(names)


def _names(pem: bytes) -> set[str]:
    certificate = x509.load_pem_x509_certificate(pem)
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in alternatives.value}


def _host(url: str) -> str:
    return url.split("://", 1)[-1].rsplit(":", 1)[0].strip("[]")


def _write(folder: Path, name: str, pair: pki.Pair) -> None:
    place(folder / f"{name}.key", pair.key, mode=0o600)
    place(folder / f"{name}.crt", pair.cert)
