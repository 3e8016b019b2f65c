"""The outbox, drained: an intent is signed, its files are placed, its messages go out.

    intent -> (one transaction) messages -> files in public/ -> broker -> PUBACK -> sent_at

A death anywhere leaves rows that say where to go on. What the broker holds is a cache: on every
connection all Retained rows are published again. One thread; `work_once` does one thing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, Protocol

from django.db import transaction

from loa_server.dispatch import services
from loa_server.dispatch.models import Intent, Message, Retained
from loa_server.dispatch.public import PublicFile
from loa_server.dispatch.services import Outcome
from loa_server.dispatch.signing import Signer, SigningError
from loa_server.engine.acks import PendingAcks, signed
from loa_server.link import Broker, Ticket, UnsendableError

AT_ONCE: Final = 100
ACKS_AT_ONCE: Final = 50
UNDER_WAY: Final = 500
RETRY_MS: Final = 1000
LONGEST_RETRY_MS: Final = 60_000

log = logging.getLogger(__name__)


class Desk(Protocol):
    def carry_out(self, intent: Intent, now: int) -> Outcome: ...


class Shelf(Protocol):
    """`put` returns only once the files are on disk."""

    def put(self, files: Iterable[PublicFile]) -> None: ...


class Publisher:
    def __init__(
        self, desk: Desk, signer: Signer, broker: Broker, shelf: Shelf, acks: PendingAcks
    ) -> None:
        self._desk = desk
        self._signer = signer
        self._broker = broker
        self._shelf = shelf
        self._acks = acks
        self._session = 0
        self._unplaced: list[PublicFile] = []
        self._under_way: dict[Ticket, int | None] = {}  # None: published again, no row waits
        self._sent_upto = 0
        self._republished: str | None = None  # topic; None: there is nothing more
        self._intents_from = 0
        self._acks_from = 0

    def hinted(self) -> None:
        """Somebody has just added an intent: no waiting for one that failed before."""
        self._intents_from = 0

    def work_once(self, now: int) -> bool:
        """The most urgent first. False when there is nothing to do until something happens."""
        self._notice_connection()
        self._note_answers(now)
        steps: tuple[Callable[[int], bool], ...] = (
            self._place,
            self._carry_out,
            self._send,
            self._acknowledge,
            self._republish,
        )
        return any(step(now) for step in steps)

    def _notice_connection(self) -> None:
        if self._broker.session == self._session:
            return
        self._session = self._broker.session
        self._under_way.clear()  # unanswered in the last session: sent again in this one
        self._sent_upto = 0
        self._republished = "" if self._session else None

    def _note_answers(self, now: int) -> None:
        answered = [self._under_way.pop(t, None) for t in self._broker.acknowledged()]
        if rows := [row for row in answered if row is not None]:
            Message.objects.filter(pk__in=rows).update(sent_at=services.moment(now))

    def _place(self, _now: int) -> bool:
        """No message goes out while a file it may name is not there. Raises OSError."""
        if not self._unplaced:
            return False
        self._shelf.put(self._unplaced)
        self._unplaced = []
        return True

    def _carry_out(self, now: int) -> bool:
        if now < self._intents_from or (intent := services.next_intent()) is None:
            return False
        try:
            self._unplaced += self._desk.carry_out(intent, now).files
        except Exception as e:
            # one that cannot be carried out stays open, behind the others, and says why
            log.exception("intent %d (%s) is not carried out", intent.pk, intent.what)
            services.failed(intent, str(e))
            absent = isinstance(e, SigningError) and e.code == "no_signer"
            wait = RETRY_MS if absent else RETRY_MS << min(intent.tries, 6)
            self._intents_from = now + min(wait, LONGEST_RETRY_MS)
            return True
        self._place(now)
        return True

    def _send(self, now: int) -> bool:
        if not self._session or len(self._under_way) >= UNDER_WAY:
            return False
        waiting = Message.objects.filter(sent_at=None, pk__gt=self._sent_upto).order_by("pk")
        found = list(waiting[:AT_ONCE])
        for message in found:
            topic, payload = message.topic, bytes(message.payload)
            try:
                ticket = self._broker.publish(topic, payload, retain=message.retain)
            except UnsendableError as e:
                # it stays in the outbox, where it is counted; the others must not wait for it
                log.error("message %d is never sent: %s", message.pk, e)  # noqa: TRY400
                self._sent_upto = message.pk
                continue
            if ticket is None:
                return False
            self._under_way[ticket] = message.pk
            self._sent_upto = message.pk
            log.info("%s: %d ms after it was made", topic, now - _ms(message.made_at))
        return bool(found)

    def _acknowledge(self, now: int) -> bool:
        if not self._session or now < self._acks_from:
            return False
        acks = self._acks.take(ACKS_AT_ONCE)
        try:
            envelopes = signed(acks, self._signer, now)
        except SigningError as e:
            log.warning("acknowledgements wait: %s", e)
            self._acks.put_back(acks)
            self._acks_from = now + RETRY_MS
            return False
        if envelopes:
            _retain(envelopes)
            for topic, envelope in envelopes.items():
                self._follow(self._broker.publish(topic, envelope, retain=True))
        return bool(envelopes)

    def _republish(self, _now: int) -> bool:
        if self._republished is None or len(self._under_way) >= UNDER_WAY:
            return False
        rows = list(Retained.objects.filter(pk__gt=self._republished).order_by("pk")[:AT_ONCE])
        for row in rows:
            try:
                self._follow(self._broker.publish(row.topic, bytes(row.payload), retain=True))
            except UnsendableError as e:
                log.error("not published again: %s", e)  # noqa: TRY400
        self._republished = rows[-1].topic if rows else None
        return bool(rows)

    def _follow(self, ticket: Ticket | None) -> None:
        if ticket is not None:
            self._under_way[ticket] = None


def _retain(envelopes: dict[str, bytes]) -> None:
    with transaction.atomic():
        Retained.objects.bulk_create(
            [Retained(topic=topic, payload=body) for topic, body in envelopes.items()],
            update_conflicts=True,
            unique_fields=["topic"],
            update_fields=["payload"],
        )


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
