"""A CA made for one test run, and certificates by name, as files."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loa_server import pki


@dataclass(frozen=True, slots=True)
class Files:
    cert: Path
    key: Path


class Certificates:
    """`node("tq-01")` is that node's certificate, `program("loa-engine")` the engine's."""

    def __init__(self, folder: Path, authority: pki.Pair | None = None) -> None:
        self.folder = folder
        self.authority = authority or pki.make_ca("Loa test", datetime.now(UTC))
        self.cafile = folder / "ca.pem"
        self.cafile.write_bytes(self.authority.cert)

    def server(self, *names: str) -> Files:
        names = names or ("localhost", "127.0.0.1")
        return self._write(
            "server", pki.issue_server_cert(self.authority, list(names), datetime.now(UTC))
        )

    def program(self, name: str = "loa-engine") -> Files:
        return self._write(name, pki.issue_program_cert(self.authority, name, datetime.now(UTC)))

    def node(self, node_id: str) -> Files:
        key = pki.make_node_key()
        public = pki.public_key_of(key)
        cert = pki.issue_node_cert(self.authority, node_id, public, datetime.now(UTC))
        return self._write(node_id, pki.Pair(cert, key))

    def context(self, files: Files) -> ssl.SSLContext:
        """What a client with this certificate uses, for instance paho's tls_set_context."""
        context = ssl.create_default_context(cafile=str(self.cafile))
        context.load_cert_chain(files.cert, files.key)
        return context

    def _write(self, name: str, pair: pki.Pair) -> Files:
        files = Files(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        files.cert.write_bytes(pair.cert)
        files.key.write_bytes(pair.key)
        files.key.chmod(0o600)
        return files
