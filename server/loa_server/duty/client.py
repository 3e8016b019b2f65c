"""Asking the duty signer, wherever it runs: what dispatch knows as `DutySigner`."""

from __future__ import annotations

import base64
from pathlib import Path

from loa_server.dispatch.signing import SigningError
from loa_server.door import Caller
from loa_wire.dsse import Signature


class DutyClient:
    """A connection for each question: they are rare, and a forwarded socket may have gone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def countersign(self, payload: bytes, officer: str, code: str) -> Signature:
        caller = Caller(self._path)
        request = {
            "countersign": base64.b64encode(payload).decode(),
            "officer": officer,
            "code": code,
        }
        try:
            answer = caller.ask(request)
            if answer.get("ok") is not True:
                raise SigningError(str(answer.get("code")), str(answer.get("detail")))
            return Signature(str(answer["keyid"]), base64.b64decode(answer["sig"], validate=True))
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise SigningError("no_duty_signer", f"the duty signer does not answer: {e}") from e
        finally:
            caller.close()
