"""The district's listener for enrolment and renewal, asked over HTTPS by a thread per question.

The address is the identity folder's, the trust its CA alone, the dates our own floor's: no proxy
of the environment, no redirect, no public CA.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections import deque
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from loa_node.enrol import Answer, Asked, Said, Unsaid
from loa_node.pulse import Pulses
from loa_wire.enrol import LONGEST, Enrolment
from loa_wire.parse import UnreadableError, decode

TIMEOUT_S: Final = 15.0
STUCK_S: Final = 180.0


class EnrolmentHttps:
    def __init__(
        self,
        base: str,
        context: ssl.SSLContext,
        wake: Callable[[], None],
        pulses: Pulses | None = None,
    ) -> None:
        self._pulses = pulses or Pulses()
        parts = urlsplit(base)
        self._host = parts.hostname or ""
        self._port = parts.port or 443
        self._under = parts.path.rstrip("/")
        self._context = context
        self._wake = wake
        self._answers: deque[Answer] = deque()

    def ask(self, asked: Asked) -> None:
        threading.Thread(target=self._work, args=(asked,), name="enrol", daemon=True).start()

    def answers(self) -> list[Answer]:
        taken: list[Answer] = []
        while self._answers:
            taken.append(self._answers.popleft())
        return taken

    def _work(self, asked: Asked) -> None:
        with self._pulses.at_work("enrol", STUCK_S):
            self._answers.append(self._answer(asked))
        self._wake()

    def _answer(self, asked: Asked) -> Answer:
        try:
            status, body = self._exchange(asked)
        except ssl.SSLCertVerificationError:
            return Unsaid("tls")
        except (OSError, http.client.HTTPException, ValueError):
            return Unsaid("unreachable")
        if status not in (200, 202):
            return Unsaid(f"status_{status}", body[:40].decode("ascii", "replace").strip())
        try:
            return Said(decode(body, Enrolment))
        except UnreadableError:
            return Unsaid("unreadable")

    def _exchange(self, asked: Asked) -> tuple[int, bytes]:
        line = http.client.HTTPSConnection(
            self._host, self._port, context=self._context, timeout=TIMEOUT_S
        )
        try:
            kind = {"Content-Type": "application/json"} if asked.body else {}
            method = "POST" if asked.body else "GET"
            line.request(method, self._under + asked.path, asked.body or None, kind)
            answer = line.getresponse()
            return answer.status, answer.read(LONGEST)
        finally:
            line.close()
