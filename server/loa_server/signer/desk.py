"""One request of the signer: what is asked, what is read, what is decided, what is signed."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connections

from loa_server import pki
from loa_server.signer import certifying, ordering, rules
from loa_server.signer.certifying import TakenIn
from loa_server.signer.enrolled import asked_of
from loa_server.signer.evidence import evidence_of, path_of_node, paths_of
from loa_server.signer.keystore import HeldKey, seal
from loa_server.signer.rules import Decision, Evidence, Refuse, Sign
from loa_server.signer.spent import Spent
from loa_wire import limits
from loa_wire.down import Ack, Beacon, Emergencies, Manifest
from loa_wire.parse import UnreadableError, decode
from loa_wire.place import Assignment, Settings
from loa_wire.trusted import RegisterKey

log = logging.getLogger("loa.signer")

Document = Manifest | Emergencies | Assignment | Settings | Ack | Beacon
BEACON_MS: Final = 2000
"""A beacon may differ by so much from the signer's own clock: nobody else tells nodes the time."""
SHAPES: Mapping[str, type[Document]] = {
    "manifest": Manifest,
    "emergencies": Emergencies,
    "assignment": Assignment,
    "settings": Settings,
    "ack": Ack,
    "beacon": Beacon,
}


class Desk:
    """Answers one line of JSON with another; never raises for what a line may hold."""

    def __init__(
        self,
        keys: Sequence[HeldKey],
        clock: Callable[[], float] = time.time,
        registered: Callable[[], Sequence[RegisterKey]] = tuple,
        spent: Spent | None = None,
        ca: Callable[[], pki.Pair | None] = lambda: None,
        two_for: Collection[str] = (),
    ) -> None:
        """`registered`: all keys of the register in force, also those held elsewhere.

        `ca`: what node certificates are signed with. `two_for`: genres that two people approve.
        """
        self._clock = clock
        self._registered = registered
        self._spent = spent or Spent()
        self._ca = ca
        self._two_for = two_for
        self.hold(keys)

    def hold(self, keys: Sequence[HeldKey]) -> None:
        """From now on these, and no others."""
        self._keys = {held.key.keyid: held for held in keys}
        self._register = [held.key for held in keys]

    def answer(self, line: bytes) -> bytes:
        try:
            request = json.loads(line)
            outcome = self._signed(request["sign"], request)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as e:
            outcome = Refuse("request", f"{type(e).__name__}: {e}"[:200])
        except Exception as e:
            # one odd row must not take the signer from everybody else
            log.exception("a request that could not be judged")
            connections.close_all()
            outcome = Refuse("internal", type(e).__name__)
        if isinstance(outcome, Refuse):
            log.warning("refused: %s: %s", outcome.code, outcome.detail)
            said = {"ok": False, "code": outcome.code, "detail": outcome.detail}
        else:
            said = {"ok": True, "envelope": base64.b64encode(outcome).decode()}
        return json.dumps(said).encode() + b"\n"

    def _signed(self, typ: str, request: Mapping[str, Any]) -> bytes | Refuse:
        match typ:
            case "bulletin":
                return self._bulletin(int(request["revision"]))
            case "certificate":
                return self._certificate(str(request["enrolment"]))
            case "command":
                return self._command(int(request["order"]))
            case _:
                return self._as_given(typ, request)

    def _as_given(self, typ: str, request: Mapping[str, Any]) -> bytes | Refuse:
        if typ not in SHAPES:
            return Refuse("type", f"nobody here signs {str(typ)[:40]!r}")
        try:
            payload = base64.b64decode(request["payload"], validate=True)
            document = decode(payload, SHAPES[typ])
        except binascii.Error as e:
            return Refuse("base64", str(e))
        except UnreadableError as e:
            return Refuse(e.code, e.detail)
        return self._seal(typ, payload, self._decide(typ, document), limits.DOWN_ENVELOPE)

    def _bulletin(self, revision: int) -> bytes | Refuse:
        now = self._clock()
        moment = datetime.fromtimestamp(now, UTC)
        evidence = evidence_of(revision, moment, self._registered(), self._two_for)
        if evidence is None:
            return Refuse("revision", f"no revision {revision}")
        decision = rules.judge(evidence, self._register, int(now * 1000))
        if isinstance(decision, Sign):
            decision = self._spend(evidence) or decision
        return self._seal("bulletin", evidence.payload, decision, limits.BULLETIN_ENVELOPE)

    def _spend(self, evidence: Evidence) -> Refuse | None:
        """The person's code belongs to these bytes from now on, also if its row disappears."""
        sha256, order = evidence.revision_sha256, evidence.order
        if order is not None:
            return self._spend_code(order.person.person, order.step, sha256)
        if evidence.typed is None or evidence.approver is None:
            return Refuse("totp", "approved without a code")
        first = evidence.first
        if first is not None and rules.wants_both(evidence):
            used = self._spend_code(first.approver.person, first.typed.step, sha256)
            if used is not None:
                return used
        return self._spend_code(evidence.approver.person, evidence.typed.step, sha256)

    def _spend_code(self, person: int, step: int, sha256: str) -> Refuse | None:
        if self._spent.elsewhere(person, step, sha256):
            return Refuse("totp", "this code stood beside other bytes before")
        try:
            self._spent.keep(person, step, sha256)
        except OSError as e:
            return Refuse("disk", f"cannot note the code: {e.strerror}")
        return None

    def _certificate(self, keyhash: str) -> bytes | Refuse:
        ca, now = self._ca(), datetime.fromtimestamp(self._clock(), UTC)
        if ca is None:
            return Refuse("no_ca", "the key of our CA is not here")
        asked = asked_of(keyhash, now)
        if asked is None:
            return Refuse("enrolment", "no such key has asked")
        decision = certifying.judge(asked, ca.cert, now)
        if isinstance(decision, Refuse):
            return decision
        if isinstance(asked.word, TakenIn):
            used = self._spend_code(asked.word.person.person, asked.word.step, keyhash)
            if used is not None:
                return used
        return pki.issue_node_cert(ca, decision.node, decision.key, now)

    def _command(self, order: int) -> bytes | Refuse:
        """Made here from the row: nobody hands in the bytes."""
        now = self._clock()
        asked = ordering.asked_of(order, datetime.fromtimestamp(now, UTC))
        if asked is None:
            return Refuse("order", f"no order {order}")
        decision: Decision | None = ordering.judge(asked, int(now * 1000))
        if decision is None:
            decision = rules.key_for("command", self._register, asked.path, asked.command.iat)
        return self._seal("command", asked.command.encode(), decision, limits.DOWN_ENVELOPE)

    def _decide(self, typ: str, document: Document) -> Decision:
        path = _path_of(document)
        if path is None:
            return Refuse("unknown", "no such area, or no such active node")
        if isinstance(document, Assignment):
            placed = [area.id for area in document.areas]
            known = paths_of(placed)
            stray = rules.in_place({area: known.get(area, "?") for area in placed}, path)
            if stray is not None:
                return stray
        iat = document.time if isinstance(document, Beacon) else document.iat
        if isinstance(document, Beacon) and abs(iat - self._clock() * 1000) > BEACON_MS:
            return Refuse("clock", f"{iat} is not the time here")
        return rules.key_for(typ, self._register, path, iat)

    def _seal(self, typ: str, payload: bytes, decision: Decision, longest: int) -> bytes | Refuse:
        if isinstance(decision, Refuse):
            return decision
        assert isinstance(decision, Sign)  # noqa: S101 - there are two
        envelope = seal(typ, payload, [self._keys[decision.keyid]])
        return envelope if len(envelope) <= longest else Refuse("size", f"over {longest} bytes")


def _path_of(document: Document) -> str | None:
    if isinstance(document, Manifest | Emergencies):
        return paths_of([document.area]).get(document.area)
    return path_of_node(document.node)
