"""Asking the signer, over its Unix socket: what dispatch knows as `Signer`."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from loa_server.dispatch.signing import SigningError
from loa_server.door import Caller


class SignerClient:
    """One connection. Asking twice signs the same bytes. Not for several threads."""

    def __init__(self, path: Path) -> None:
        self._caller = Caller(path)

    def bulletin(self, revision: int) -> bytes:
        return self._ask({"sign": "bulletin", "revision": revision})

    def document(self, typ: str, payload: bytes) -> bytes:
        return self._ask({"sign": typ, "payload": base64.b64encode(payload).decode()})

    def command(self, order: int) -> bytes:
        return self._ask({"sign": "command", "order": order})

    def certificate(self, keyhash: str) -> bytes:
        return self._ask({"sign": "certificate", "enrolment": keyhash})

    def close(self) -> None:
        self._caller.close()

    def _ask(self, request: dict[str, Any]) -> bytes:
        try:
            answer = self._caller.ask(request)
        except (OSError, ValueError) as e:
            raise SigningError("no_signer", f"the signer does not answer: {e}") from e
        if answer.get("ok") is not True:
            raise SigningError(str(answer.get("code")), str(answer.get("detail")))
        return base64.b64decode(answer["envelope"], validate=True)
