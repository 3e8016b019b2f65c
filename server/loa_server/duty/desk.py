"""One request of the duty signer: which bytes, which officer, is the code good, then one signature.

{"countersign": base64 of the payload, "officer": user name, "code": six digits}
{"ok": true, "keyid", "sig": base64}  |  {"ok": false, "code", "detail"}
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from loa_server.bucket import Buckets
from loa_server.duty.judge import Refuse, judge, key_for
from loa_server.duty.officers import Codes, OfficersError
from loa_server.signer.keystore import HeldKey
from loa_wire import dsse

A_SECOND, AT_ONCE = 1 / 6, 30.0
"""Requests in all, good or bad."""

log = logging.getLogger("loa.duty")


class DutyDesk:
    """Answers one line of JSON with another; never raises for what a line may hold."""

    def __init__(
        self,
        keys: Sequence[HeldKey],
        codes: Codes,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = {held.key.keyid: held for held in keys}
        self._codes = codes
        self._clock = clock
        self._monotonic = monotonic
        self._rate = Buckets(A_SECOND, AT_ONCE)

    def answer(self, line: bytes) -> bytes:
        try:
            outcome = self._countersigned(json.loads(line))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as e:
            outcome = Refuse("request", type(e).__name__)
        except (OfficersError, OSError) as e:
            outcome = Refuse("officers", str(e))
        except Exception as e:
            log.exception("a request that could not be judged")
            outcome = Refuse("internal", type(e).__name__)
        if isinstance(outcome, Refuse):
            log.warning("refused: %s: %s", outcome.code, outcome.detail)
            said: dict[str, Any] = {"ok": False, "code": outcome.code, "detail": outcome.detail}
        else:
            sig = base64.b64encode(outcome.sig).decode()
            said = {"ok": True, "keyid": outcome.keyid, "sig": sig}
        return json.dumps(said).encode() + b"\n"

    def _countersigned(self, request: dict[str, Any]) -> dsse.Signature | Refuse:
        if not self._rate.take("all", self._monotonic()):
            return Refuse("rate", "too many requests")
        try:
            payload = base64.b64decode(request["countersign"], validate=True)
        except binascii.Error as e:
            return Refuse("base64", str(e))
        officer, code = str(request["officer"]), str(request["code"])
        now = self._clock()
        bulletin = judge(payload, int(now * 1000))
        if isinstance(bulletin, Refuse):
            return bulletin
        key = key_for(bulletin, [held.key for held in self._keys.values()])
        if isinstance(key, Refuse):
            return key
        # last, so that what would not be signed anyway spends no code
        refused = self._codes.spend(officer, code, now, self._monotonic())
        if refused is not None:
            return refused
        log.info("%s countersigned %s for %s", officer, bulletin.id, ", ".join(bulletin.areas))
        return self._keys[key.keyid].sign(dsse.pae(dsse.payload_type("bulletin"), payload))
