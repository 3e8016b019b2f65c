"""The way to the district, step by step: the name, the port, the certificate at the other end."""

from __future__ import annotations

import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

from loa_node.adapters.identity import Identity
from loa_node.adapters.tls import client_context
from loa_node.doctor.finding import Finding, Two, bad, good

TIMEOUT_S: Final = 8.0
_CABLE: Final = Two(
    "Xem dây mạng, sóng 4G/Wi-Fi, SIM còn tiền; rồi thử tên miền khác (ping).",
    "Check cable, 4G or Wi-Fi signal, credit of the SIM; then try another name (ping).",
)
_FIREWALL: Final = Two(
    "Mạng có nhưng cổng này bị chặn hoặc máy chủ tắt: hỏi huyện, xem tường lửa.",
    "There is a line, but this port is blocked or the server is off: ask, look at firewalls.",
)
_STRANGER: Final = Two(
    "Máy ở đầu kia không phải của huyện này, hoặc chứng chỉ của nó hết hạn: gọi huyện.",
    "The other end is not this district's, or its certificate ended: call the district.",
)
_OURS: Final = Two(
    "Huyện không nhận chứng chỉ của điểm phát: có thể thẻ đã bị thu hồi. Gọi huyện.",
    "The district does not take this node's certificate: it may be revoked. Call the district.",
)


def examine(me: Identity, floor_ms: int) -> list[Finding]:
    parts = urlsplit(me.https)
    web = (parts.hostname or "", parts.port or 443)
    ours = client_context(me.ca, lambda: floor_ms, (me.cert, me.key))
    anyone = client_context(me.ca, lambda: floor_ms)
    return [
        reach(Two("Máy chủ truyền tin", "Broker"), me.broker, ours),
        reach(Two("Máy chủ tải về", "Download server"), web, anyone),
    ]


def reach(name: Two, address: tuple[str, int], context: ssl.SSLContext) -> Finding:
    host, port = address
    at = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as e:
        vi, en = f"không tìm thấy tên {host}", f"the name {host} is not found (DNS: {e.strerror})"
        return bad(f"{name.vi}: {vi}", f"{name.en}: {en}", _CABLE)
    numbers = ", ".join(sorted({str(one[4][0]) for one in found}))
    try:
        plain = socket.create_connection(address, TIMEOUT_S)
    except OSError as e:
        vi = f"{at} ({numbers}) không trả lời"
        return bad(
            f"{name.vi}: {vi}", f"{name.en}: {at} ({numbers}) does not answer: {e}", _FIREWALL
        )
    with plain:
        return _greet(name, at, host, plain, context)


def _greet(name: Two, at: str, host: str, plain: socket.socket, context: ssl.SSLContext) -> Finding:
    try:
        with context.wrap_socket(plain, server_hostname=host) as line:
            line.settimeout(1)
            _await_refusal(line)  # TLS 1.3 refuses a client's certificate only after the greeting
    except ssl.SSLCertVerificationError as e:
        why = e.verify_message or str(e)
        vi = f"{at} không chứng minh được là của huyện"
        return bad(
            f"{name.vi}: {vi}", f"{name.en}: {at} is not proved ours (TLS): {why}", _STRANGER
        )
    except ssl.SSLError as e:
        vi = f"{at} từ chối kết nối TLS"
        return bad(f"{name.vi}: {vi}", f"{name.en}: {at} refused TLS: {e.reason}", _OURS)
    except OSError as e:
        vi = f"{at} ngắt khi bắt tay TLS"
        return bad(f"{name.vi}: {vi}", f"{name.en}: {at} broke off during TLS: {e}", _FIREWALL)
    return good(f"{name.vi}: {at} trả lời đúng", f"{name.en}: {at} answers rightly")


def _await_refusal(line: ssl.SSLSocket) -> None:
    try:
        line.recv(1)
    except TimeoutError:
        return
