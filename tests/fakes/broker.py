"""A broker of lists: what it promises is in tests/contracts/test_broker.py, run on both."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from loa_server.link import Receipt, Received, Ticket, is_question, refuse_unsendable


class FakeBroker:
    """The test is everyone else: `says` is a node, `heard` what nodes got, `kept` is retained."""

    def __init__(self) -> None:
        self.session = 0
        self.heard: list[tuple[str, bytes]] = []
        self.kept: dict[str, bytes] = {}
        self._sessions = 0
        self._answered: deque[Ticket] = deque()
        self._waiting: deque[Received] = deque()
        self._questions: deque[Received] = deque()
        self._unforgotten: dict[int, Received] = {}
        self._mids = 0

    def start(self) -> None:
        self._sessions += 1
        self.session = self._sessions
        for mid, known in self._unforgotten.items():
            again = _live(known.topic, known.payload, self.session, mid)
            self._waiting.append(again)

    def stop(self) -> None:
        self.session = 0
        self._waiting.clear()

    def restart(self) -> None:
        self.stop()
        self.start()

    def says(self, topic: str, payload: bytes) -> None:
        self._mids += 1
        said = _live(topic, payload, self.session, self._mids)
        self._unforgotten[self._mids] = said
        if self.session:
            self._waiting.append(said)
            if is_question(said):
                self._questions.append(replace(said, receipt=None))

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> Ticket | None:
        refuse_unsendable(topic, payload)
        if not self.session:
            return None
        self.heard.append((topic, payload))
        if retain:
            self.kept[topic] = payload
        self._mids += 1
        ticket = Ticket(self.session, self._mids)
        self._answered.append(ticket)
        return ticket

    def acknowledged(self) -> list[Ticket]:
        taken = list(self._answered)
        self._answered.clear()
        return taken

    def receive(self, wait_s: float) -> Received | None:
        del wait_s  # nobody else could say anything meanwhile
        return self._waiting.popleft() if self._waiting else None

    def asked(self, wait_s: float) -> Received | None:
        del wait_s
        return self._questions.popleft() if self._questions else None

    def done(self, receipts: Iterable[Receipt]) -> None:
        for receipt in receipts:
            if receipt.session == self.session:
                self._unforgotten.pop(receipt.mid, None)


def _live(topic: str, payload: bytes, session: int, mid: int) -> Received:
    return Received(topic, payload, retained=False, receipt=Receipt(session, mid))
