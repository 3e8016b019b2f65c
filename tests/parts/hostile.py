"""A broker and a media server in the attacker's hands: they have the real ones' certificates.

Both stand between a node and the district, end the node's TLS themselves and pass on what they
like. The broker's side reads MQTT 3.1.1 packets, so whole messages can be recorded, withheld,
altered, brought again, put in another order, or made up.
"""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, Self

PUBLISH: Final = 3
PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    retain: bool = False

    def packet(self) -> bytes:
        """QoS 0, as the district's reach every node."""
        name = self.topic.encode()
        body = len(name).to_bytes(2, "big") + name + self.payload
        return bytes([PUBLISH << 4 | self.retain]) + _length(len(body)) + body


Decide = Callable[[Message], list[Message]]
"""What the node gets instead of a message that the district sent."""


def as_it_is(message: Message) -> list[Message]:
    return [message]


class HostileBroker:
    """`decide` is asked for each message on its way down; `says` makes one up."""

    def __init__(
        self, target: int, stolen: tuple[Path, Path], node: tuple[Path, Path], cafile: Path
    ) -> None:
        """`stolen` is the broker's certificate and key. Whoever owns the broker needs nothing of
        the node's; this one stands beside it and so shows Mosquitto the node's own."""
        self._target = target
        self._server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.load_cert_chain(*stolen)
        self._client = ssl.create_default_context(cafile=str(cafile))
        self._client.check_hostname = False
        self._client.load_cert_chain(*node)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.decide: Decide = as_it_is
        self.recorded: list[Message] = []
        self._said: list[bytes] = []
        self._woken, self._wake = socket.socketpair()
        self._woken.settimeout(0)
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def says(self, *messages: Message) -> None:
        """To the node, as if the broker had sent it."""
        self._said.append(b"".join(message.packet() for message in messages))
        self._wake.send(b"!")

    def heard(self, ending: str) -> list[Message]:
        """What the district sent on such topics, oldest first."""
        return [m for m in list(self.recorded) if m.topic.endswith(ending) and m.payload]

    def close(self) -> None:
        self._closed = True
        _close(self._listener)
        self._wake.send(b"!")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            self._serve(raw)

    def _serve(self, raw: socket.socket) -> None:
        """One node, one connection at a time; one thread, for OpenSSL's sake."""
        try:
            raw.settimeout(PATIENCE_S)
            near = self._server.wrap_socket(raw, server_side=True)
            far = self._client.wrap_socket(socket.create_connection(("127.0.0.1", self._target)))
        except OSError:
            _close(raw)
            return
        with contextlib.suppress(OSError):
            self._carry(near, far)
        _close(near)
        _close(far)

    def _carry(self, near: ssl.SSLSocket, far: ssl.SSLSocket) -> None:
        rest = b""
        while not self._closed:
            ready, _, _ = select.select([near, far, self._woken], [], [], PATIENCE_S)
            up = _take(near) if near in ready else None
            down = _take(far) if far in ready else None
            if up:
                far.sendall(up)
            if down:
                packets, rest = _split(rest + down)
                near.sendall(b"".join(self._passed(packet) for packet in packets))
            if b"" in (up, down):
                return
            if self._woken in ready:
                self._woken.recv(4096)
            while self._said:
                near.sendall(self._said.pop(0))

    def _passed(self, packet: bytes) -> bytes:
        message = _read(packet)
        if message is None:
            return packet
        self.recorded.append(message)
        return b"".join(one.packet() for one in self.decide(message))


class HostileMedia:
    """The nodes' HTTPS address. `swap` maps a path to the body that is served in its place."""

    def __init__(self, target: int, stolen: tuple[Path, Path], cafile: Path) -> None:
        outer = self
        self.swap: dict[str, bytes] = {}
        self.swapped: list[str] = []
        self.told: list[bytes] = []  # answers to what the node posted: what time it is
        self._to_server = ssl.create_default_context(cafile=str(cafile))
        self._to_server.check_hostname = False
        self._target = target

        class Passing(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, headers, body = outer._answer(self.path, dict(self.headers))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                sent = self.rfile.read(length)
                status, _, body = outer._answer(self.path, dict(self.headers), sent)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*stolen)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port = int(self._http.server_address[1])
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _answer(
        self, path: str, headers: dict[str, str], sent: bytes | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        if path in self.swap:
            self.swapped.append(path)
            return 200, {"Content-Type": "application/octet-stream"}, self.swap[path]
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._target, context=self._to_server, timeout=PATIENCE_S
        )
        with contextlib.closing(connection):
            kept = {n: v for n, v in headers.items() if n in ("Range", "If-Range", "If-None-Match")}
            connection.request("GET" if sent is None else "POST", path, sent, kept)
            answer = connection.getresponse()
            passed = ("Content-Type", "Content-Range", "ETag", "Accept-Ranges")
            told = {name: v for name in passed if (v := answer.getheader(name)) is not None}
            body = answer.read()
            if sent is not None and answer.status == 200:
                self.told.append(body)
            return answer.status, told, body


def _take(source: ssl.SSLSocket) -> bytes | None:
    """Everything that is there; None when it was TLS's own talk, b"" at the end of the line.

    Never waits: TLS 1.3 sends tickets of its own, and select takes them for something to read.
    """
    data = b""
    source.settimeout(0)
    try:
        while piece := source.recv(65536):
            data += piece
    except ssl.SSLWantReadError:
        return data or None
    finally:
        source.settimeout(PATIENCE_S)
    return data


def _length(number: int) -> bytes:
    """MQTT's variable length: seven bits a byte, least significant first."""
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    """Whole packets, and what is left of the next one."""
    packets: list[bytes] = []
    while (end := _end_of(data)) is not None and end <= len(data):
        packets.append(data[:end])
        data = data[end:]
    return packets, data


def _end_of(data: bytes) -> int | None:
    length = shift = 0
    for at, byte in enumerate(data[1:5], 1):
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return at + 1 + length
    return None


def _read(packet: bytes) -> Message | None:
    """None for whatever is not a PUBLISH."""
    if packet[0] >> 4 != PUBLISH:
        return None
    at = 1
    while packet[at] > 127:
        at += 1
    body = packet[at + 1 :]
    size = int.from_bytes(body[:2], "big")
    start = 2 + size + (2 if packet[0] & 6 else 0)  # above QoS 0 a packet id follows the topic
    return Message(body[2 : 2 + size].decode(), body[start:], retain=bool(packet[0] & 1))


def _close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
