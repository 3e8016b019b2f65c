"""Asking the signer, over its Unix socket: what dispatch knows as `Signer`."""

from __future__ import annotations

import base64
import json
import socket
from pathlib import Path
from typing import Any

from loa_server.dispatch.signing import SigningError

PATIENCE_S = 10.0


class SignerClient:
    """One connection, made again when the signer was restarted. Not for several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._link: socket.socket | None = None

    def bulletin(self, revision: int) -> bytes:
        return self._ask({"sign": "bulletin", "revision": revision})

    def document(self, typ: str, payload: bytes) -> bytes:
        return self._ask({"sign": typ, "payload": base64.b64encode(payload).decode()})

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _ask(self, request: dict[str, Any]) -> bytes:
        answer = self._answer(json.dumps(request).encode() + b"\n")
        if answer.get("ok") is not True:
            raise SigningError(str(answer.get("code")), str(answer.get("detail")))
        return base64.b64decode(answer["envelope"], validate=True)

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            if self._link is not None:
                try:
                    return self._exchange(self._link, line)
                except OSError:
                    self.close()  # restarted since; asking twice signs the same bytes
            self._link = self._dial()
            return self._exchange(self._link, line)
        except (OSError, ValueError) as e:
            self.close()
            raise SigningError("no_signer", f"the signer does not answer: {e}") from e

    def _dial(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(PATIENCE_S)
        try:
            link.connect(str(self._path))
        except OSError:
            link.close()
            raise
        return link

    @staticmethod
    def _exchange(link: socket.socket, line: bytes) -> dict[str, Any]:
        link.sendall(line)
        held = b""
        while not held.endswith(b"\n"):
            data = link.recv(65536)
            if not data:
                raise ConnectionResetError("closed before it answered")
            held += data
        answer: dict[str, Any] = json.loads(held)
        return answer
