"""A plain MQTT client with a certificate, for asking a real broker what it lets through."""

from __future__ import annotations

import queue
import ssl
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

WAIT_S = 10.0


class Client:
    """`heard()` waits for the next message, as (topic, payload)."""

    def __init__(self, port: int, context: ssl.SSLContext, client_id: str = "") -> None:
        self._connected: queue.Queue[str] = queue.Queue()
        self._done: queue.Queue[int] = queue.Queue()
        self._messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.lost: queue.Queue[str] = queue.Queue()
        self._mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._mqtt.tls_set_context(context)
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_disconnect = self._on_disconnect
        self._mqtt.on_subscribe = lambda *args: self._done.put(args[2])
        self._mqtt.on_publish = lambda *args: self._done.put(args[2])
        self._mqtt.on_message = lambda _c, _u, m: self._messages.put((m.topic, m.payload))
        self._mqtt.connect("localhost", port)
        self._mqtt.loop_start()
        self.answer = self._connected.get(timeout=WAIT_S)

    def subscribe(self, *topics: str) -> None:
        self._mqtt.subscribe([(topic, 1) for topic in topics])
        self._done.get(timeout=WAIT_S)

    def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        """Returns when the broker has acknowledged it, which is not to say delivered it."""
        self._mqtt.publish(topic, payload, qos=1, retain=retain)
        self._done.get(timeout=WAIT_S)

    def throw(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 0 and wait for nothing."""
        self._mqtt.publish(topic, payload, qos=0)

    def heard(self) -> tuple[str, bytes]:
        return self._messages.get(timeout=WAIT_S)

    def close(self) -> None:
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_connect(self, _client: Any, _user: Any, _flags: Any, reason: Any, _props: Any) -> None:
        self._connected.put(str(reason))

    def _on_disconnect(
        self, _client: Any, _user: Any, _flags: Any, reason: Any, _props: Any
    ) -> None:
        self.lost.put(str(reason))
