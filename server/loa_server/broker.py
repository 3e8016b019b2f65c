"""The broker over paho-mqtt: mTLS, MQTT 3.1.1, one persistent session, manual acknowledgement.

One client object per connection: paho would otherwise send half-sent messages of the last session
by itself, and a message number would mean two messages. What was not acknowledged is published
again by the engine, from the database.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from loa_server.link import Receipt, Received, Ticket, is_question, refuse_unsendable
from loa_wire.topics import INGEST_SUBSCRIPTION

NAME: Final = "loa-engine"
"""Client id; the broker takes it from the certificate anyway."""
KEEPALIVE_S: Final = 20
CONNECT_TIMEOUT_S: Final = 10.0
LOOP_S: Final = 1.0
IN_FLIGHT: Final = 500
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 15.0
STEADY_S: Final = 20.0
"""A connection that lasted so long was a good one: the next wait is a short one again."""

ASKED: Final = 2000
"""Questions kept: some seconds' work. Who asked before these has asked again, or given up."""

KEPT: Final = 5000
"""Messages, before those without a receipt are passed over: no node of ours sends any. Those with
one are as many as the broker lets be under way."""

log = logging.getLogger(__name__)


def client_context(ca: Path, cert: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert, key)
    return context


class PahoBroker:
    """`wake` is called, from another thread, when there is something to look at."""

    def __init__(
        self, address: tuple[str, int], context: ssl.SSLContext, wake: Callable[[], None]
    ) -> None:
        self._address = address
        self._context = context
        self._wake = wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._stay_connected, name="broker", daemon=True)
        self._connections = 0
        self._session = 0
        self._client: mqtt.Client | None = None
        self._messages: queue.SimpleQueue[Received] = queue.SimpleQueue()
        self._questions: queue.Queue[Received] = queue.Queue(ASKED)
        self._acknowledged: deque[Ticket] = deque()

    @property
    def session(self) -> int:
        return self._session

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._client is not None:
            self._client.disconnect()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> Ticket | None:
        refuse_unsendable(topic, payload)
        session, client = self._session, self._client
        if not session or client is None:
            return None
        sent = client.publish(topic, payload, qos=1, retain=retain)
        return Ticket(session, sent.mid) if sent.rc == mqtt.MQTT_ERR_SUCCESS else None

    def acknowledged(self) -> list[Ticket]:
        taken: list[Ticket] = []
        while self._acknowledged:
            taken.append(self._acknowledged.popleft())
        return taken

    def receive(self, wait_s: float) -> Received | None:
        return _next(self._messages, wait_s)

    def asked(self, wait_s: float) -> Received | None:
        return _next(self._questions, wait_s)

    def done(self, receipts: Iterable[Receipt]) -> None:
        session, client = self._session, self._client
        for receipt in receipts:
            if client is not None and receipt.session == session:
                client.ack(receipt.mid, 1)

    # the connection's own thread

    def _stay_connected(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopping.is_set():
            began = time.monotonic()
            reason = self._serve(self._connections + 1)
            self._session = 0
            self._wake()
            if self._stopping.is_set():
                return
            log.warning("no broker at %s:%d: %s", *self._address, reason)
            wait = FIRST_WAIT_S if time.monotonic() - began > STEADY_S else wait
            self._stopping.wait(random.uniform(0.1, wait))  # noqa: S311 - jitter, not a secret
            wait = min(wait * 2, LONGEST_WAIT_S)

    def _serve(self, session: int) -> str:
        """One connection from beginning to end; returns why it ended."""
        client = self._new_client(session)
        self._client = client
        try:
            client.connect(*self._address, keepalive=KEEPALIVE_S)
            while (code := client.loop(LOOP_S)) == mqtt.MQTT_ERR_SUCCESS:
                if self._stopping.is_set():
                    client.disconnect()
            return mqtt.error_string(code)
        except (OSError, ValueError) as e:  # ssl's errors are OSErrors
            return f"{type(e).__name__}: {e}"
        finally:
            with contextlib.suppress(OSError, ValueError):
                client.disconnect()

    def _new_client(self, session: int) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=NAME,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        client.tls_set_context(self._context)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(IN_FLIGHT)
        # with this set, publish() and ack() leave the writing to this thread: an SSL socket must
        # not be read and written by two threads at once
        client.on_socket_register_write = lambda *_: None
        client.on_connect = lambda _c, _u, _f, code, _p: self._on_connect(client, session, code)
        client.on_subscribe = lambda _c, _u, _m, codes, _p: self._on_subscribe(client, codes)
        client.on_message = lambda _c, _u, message: self._on_message(session, message)
        client.on_publish = lambda _c, _u, mid, _r, _p: self._on_publish(session, mid)
        return client

    def _on_connect(self, client: mqtt.Client, session: int, code: Any) -> None:
        if code.is_failure:
            log.warning("the broker refuses us: %s", code)
            client.disconnect()
            return
        client.subscribe(INGEST_SUBSCRIPTION, qos=1)
        self._connections = self._session = session
        self._wake()

    def _on_subscribe(self, client: mqtt.Client, codes: Iterable[Any]) -> None:
        if any(code.is_failure for code in codes):
            log.error("the broker does not let us hear the nodes: see its acl file")
            client.disconnect()

    def _on_message(self, session: int, message: mqtt.MQTTMessage) -> None:
        receipt = Receipt(session, message.mid) if message.qos else None
        said = Received(message.topic, message.payload, retained=message.retain, receipt=receipt)
        if receipt is None and self._messages.qsize() >= KEPT:
            return  # without a receipt the broker forgets it, and sends as fast as it comes
        self._messages.put(said)
        if is_question(said):
            if self._questions.full():
                with contextlib.suppress(queue.Empty):
                    self._questions.get_nowait()
            self._questions.put_nowait(replace(said, receipt=None))  # no other thread puts

    def _on_publish(self, session: int, mid: int) -> None:
        self._acknowledged.append(Ticket(session, mid))
        self._wake()


def _next(
    waiting: queue.SimpleQueue[Received] | queue.Queue[Received], s: float
) -> Received | None:
    try:
        return waiting.get(timeout=s) if s else waiting.get_nowait()
    except queue.Empty:
        return None
