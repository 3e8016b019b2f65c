"""A real HTTPS server with Range, If-Range and ETag, and with the faults of a bad road."""

from __future__ import annotations

import contextlib
import hashlib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Faults:
    """What goes wrong next; each is used up once."""

    cut_after: list[int] = field(default_factory=list)  # bytes of the body, then the line drops
    status: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    path: str
    range: str
    if_range: str


class HttpsServer:
    """`files` is {path: bytes}; `asked` is every request so far."""

    def __init__(self, cert: Path, key: Path) -> None:
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.faults = Faults()
        self.asked: list[Request] = []
        self.slow: dict[str, threading.Event] = {}  # path: answered only once this is set
        self.desk: Callable[[str, bytes], tuple[int, bytes]] | None = None  # what is posted
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"https://localhost:{self._server.server_address[1]}"

    def put(self, path: str, body: bytes) -> str:
        self.files[path] = body
        return path

    def put_media(self, body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        self.put(f"/media/{digest}", body)
        return digest

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Bound", (_Handler,), {"shop": self})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop: HttpsServer

    def do_GET(self) -> None:
        given = self.headers.get
        self.shop.asked.append(Request(self.path, given("Range", ""), given("If-Range", "")))
        if self.path in self.shop.slow:
            self.shop.slow[self.path].wait(10)
        if self.shop.faults.status:
            return self._plain(self.shop.faults.status.pop(0))
        if self.shop.desk is not None and self.path.startswith("/enrol/"):
            return self._desk(b"")
        body = self.shop.files.get(self.path)
        if body is None:
            return self._plain(404)
        etag = self.shop.etags.get(self.path, f'"{hashlib.sha256(body).hexdigest()}"')
        if given("If-None-Match") == etag:
            return self._plain(304)
        start = self._start(etag)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        return self._body(body[start:])

    def do_POST(self) -> None:
        if self.shop.desk is None or self.path not in ("/enrol", "/renew", "/beacon"):
            return self._plain(404)
        return self._desk(self.rfile.read(int(self.headers["Content-Length"])))

    def _desk(self, body: bytes) -> None:
        assert self.shop.desk is not None
        status, said = self.shop.desk(self.path, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _start(self, etag: str) -> int:
        wanted, condition = self.headers.get("Range"), self.headers.get("If-Range", etag)
        if not wanted or condition != etag:
            return 0
        return int(wanted.removeprefix("bytes=").partition("-")[0])

    def _body(self, body: bytes) -> None:
        if not self.shop.faults.cut_after:
            self.wfile.write(body)
            return
        self.close_connection = True
        self.wfile.write(body[: self.shop.faults.cut_after.pop(0)])
        self.wfile.flush()
        with contextlib.suppress(OSError):
            self.connection.shutdown(2)

    def _plain(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass
