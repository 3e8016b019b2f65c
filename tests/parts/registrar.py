"""The fake registry behind a real HTTPS listener: a real agent cannot tell it from a district."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fakes.registry import Registry
from loa_node.enrol import Asked
from parts.pki import Certificates, Files


def registry_of(pki: Certificates) -> Registry:
    """Its certificates open the same broker as everyone else's."""
    key = load_pem_private_key(pki.authority.key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Registry(x509.load_pem_x509_certificate(pki.authority.cert), key)


class Registrar:
    def __init__(self, registry: Registry, files: Files, port: int = 0) -> None:
        handler = type("Bound", (_Handler,), {"registry": registry})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.cert, files.key)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def base(self) -> str:
        return f"https://localhost:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    registry: Registry

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        status, said = self.registry.answer(Asked(self.path, body))
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        pass
