"""The signer without its process: the same desk, rules and database, keys made for this test."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fakes.people import SOME_DAY
from loa_server.areas import totp
from loa_server.dispatch.signing import SigningError
from loa_server.duty.desk import DutyDesk
from loa_server.duty.officers import Codes, Register
from loa_server.pki import Pair
from loa_server.signer import keystore
from loa_server.signer.desk import Desk
from loa_server.signer.keystore import HeldKey
from loa_wire.dsse import Signature
from loa_wire.limits import DAY_MS
from loa_wire.trusted import May, RegisterKey

NOW = int(SOME_DAY.timestamp() * 1000) + 600_000


def a_key(may: May, scope: str, **changes: Any) -> HeldKey:
    said: dict[str, Any] = {
        "keyid": "0" * 32,
        "public": "0" * 64,
        "holder": f"{may} {scope}",
        "may": [may],
        "scope": [scope],
        "nbf": NOW - DAY_MS,
        "exp": NOW + 30 * DAY_MS,
        "max_level": "priority",
    }
    return keystore.make(RegisterKey(**(said | changes)))


def the_keys() -> list[HeldKey]:
    return [
        a_key("bulletin", "vn-25351"),
        a_key("bulletin", "vn-25345"),
        a_key("bulletin", "vn-75"),
        a_key("ops", "vn-75"),
        a_key("place", "vn-75"),
        a_key("settings", "vn-75"),
    ]


class NearSigner:
    """`asked` counts what it was asked to sign."""

    def __init__(
        self,
        keys: Sequence[HeldKey],
        now: int = NOW,
        elsewhere: Sequence[HeldKey] = (),
        ca: Pair | None = None,
    ) -> None:
        """`elsewhere` are keys of the register that this signer does not hold."""
        self.keys = list(keys)
        self.now = now
        self.asked = 0
        registered = [held.key for held in (*keys, *elsewhere)]
        self._desk = Desk(
            keys, clock=lambda: self.now / 1000, registered=lambda: registered, ca=lambda: ca
        )

    def bulletin(self, revision: int) -> bytes:
        return self._ask({"sign": "bulletin", "revision": revision})

    def document(self, typ: str, payload: bytes) -> bytes:
        return self._ask({"sign": typ, "payload": base64.b64encode(payload).decode()})

    def command(self, order: int) -> bytes:
        return self._ask({"sign": "command", "order": order})

    def certificate(self, keyhash: str) -> bytes:
        return self._ask({"sign": "certificate", "enrolment": keyhash})

    def _ask(self, request: dict[str, Any]) -> bytes:
        self.asked += 1
        answer = json.loads(self._desk.answer(json.dumps(request).encode()))
        if not answer["ok"]:
            raise SigningError(answer["code"], answer["detail"])
        return base64.b64decode(answer["envelope"])


DUTY_KEY = a_key("countersign", "vn-75", max_level="emergency")
DUTY_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class NearDuty:
    """The duty signer without its process: its desk, one officer, a folder of its own."""

    def __init__(
        self, folder: Path, officer: str = "trucban", now: int = NOW, key: HeldKey = DUTY_KEY
    ) -> None:
        self.now = now
        register = Register(folder)
        register.add(officer, DUTY_SECRET)
        self._desk = DutyDesk([key], Codes(register), clock=lambda: self.now / 1000)

    def code(self, ago: int = 0) -> str:
        return totp.code_at(DUTY_SECRET, totp.step_at(self.now / 1000) - ago)

    def countersign(self, payload: bytes, officer: str, code: str) -> Signature:
        request = {
            "countersign": base64.b64encode(payload).decode(),
            "officer": officer,
            "code": code,
        }
        answer = json.loads(self._desk.answer(json.dumps(request).encode()))
        if not answer["ok"]:
            raise SigningError(answer["code"], answer["detail"])
        return Signature(answer["keyid"], base64.b64decode(answer["sig"]))
