"""The link over paho-mqtt. Its thread only queues what happens and wakes the agent."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from loa_node.link import Arrived, Connected, LinkEvent, Lost, Subscribed, Will
from loa_node.pulse import Pulses, Task

CONNECT_TIMEOUT_S = 15.0
LOOP_S = 1.0
STUCK_S = 300.0
"""A dial may wait for names, for every address in turn and for TLS; nothing takes longer."""


class PahoLink:
    """One client per attempt: paho keeps half-sent messages of an old session otherwise."""

    def __init__(
        self,
        node: str,
        broker: tuple[str, int],
        context: ssl.SSLContext,
        wake: Callable[[], None],
        pulses: Pulses | None = None,
    ) -> None:
        self._pulses = pulses or Pulses()
        self._node = node
        self._broker = broker
        self._context = context
        self._wake = wake
        self._events: deque[LinkEvent] = deque()
        self._client: mqtt.Client | None = None
        self._thread: threading.Thread | None = None
        self._last: mqtt.MQTTMessageInfo | None = None  # of what was published

    def connect(self, will: Will, keepalive_s: int) -> None:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._node,
            clean_session=True,
            protocol=mqtt.MQTTv311,
        )
        client.tls_set_context(self._context)
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(100)
        # with this set, publish() leaves the writing to the link's thread: an SSL socket must
        # not be read and written by two threads at once
        client.on_socket_register_write = lambda *_: None
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        self._client, self._last = client, None
        self._thread = threading.Thread(
            target=self._serve, args=(client, keepalive_s), name="link", daemon=True
        )
        self._thread.start()

    def events(self) -> list[LinkEvent]:
        taken: list[LinkEvent] = []
        while self._events:
            taken.append(self._events.popleft())
        return taken

    def subscribe(self, topics: Sequence[str]) -> None:
        client = self._client
        if client is None or not topics:
            return
        wanted = tuple(topics)
        client.on_subscribe = lambda _c, _u, _mid, codes, _p: self._granted(wanted, codes)
        client.subscribe([(topic, 0) for topic in wanted])

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if self._client is not None:
            self._last = self._client.publish(topic, payload, qos=1, retain=retain)

    def close(self, *, patience_s: float = 0) -> None:
        """Says goodbye, so that the broker does not publish the will. A socket that is closed with
        an answer unread is reset, and the goodbye may be lost with it: hence the patience."""
        if self._client is not None:
            if self._last is not None and patience_s:
                with contextlib.suppress(ValueError, RuntimeError):  # it was never sent
                    self._last.wait_for_publish(patience_s)
            self._client.disconnect()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _serve(self, client: mqtt.Client, keepalive_s: int) -> None:
        with self._pulses.at_work("link", STUCK_S) as task:
            self._hold(client, keepalive_s, task)

    def _hold(self, client: mqtt.Client, keepalive_s: int, task: Task) -> None:
        reason = "closed"
        try:
            client.connect(*self._broker, keepalive=keepalive_s)
            while (code := client.loop(LOOP_S)) == mqtt.MQTT_ERR_SUCCESS:
                task.moved()
            reason = mqtt.error_string(code)
        except Exception as e:  # noqa: BLE001 - a broker's garbage may break paho anywhere
            reason = f"{type(e).__name__}: {e}"[:200]
        finally:
            with contextlib.suppress(OSError, ValueError):
                client.disconnect()
            self._tell(Lost(reason))

    def _on_connect(self, client: Any, _user: Any, _flags: Any, code: Any, _props: Any) -> None:
        if code.is_failure:
            client.disconnect()
        else:
            self._tell(Connected())

    def _on_message(self, _client: Any, _user: Any, message: mqtt.MQTTMessage) -> None:
        if message.payload:
            self._tell(Arrived(message.topic, message.payload))

    def _granted(self, topics: tuple[str, ...], codes: Sequence[Any]) -> None:
        refused = tuple(t for t, c in zip(topics, codes, strict=False) if c.is_failure)
        self._tell(Subscribed(tuple(t for t in topics if t not in refused), refused))

    def _tell(self, event: LinkEvent) -> None:
        self._events.append(event)
        self._wake()
