"""`screen.driver = "off"`: a hamlet with a loudspeaker and no screen. Answers, shows nothing.

It never says "shown": the ledger must not claim that people saw what nobody could see.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from loa_node import supervision
from loa_node.lines import Listener, Message
from loa_node.pulse import Pulses

_ALIVE_S = 5.0
_WAIT_S = 1.0


class Blind:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._alive_s = 0.0
        self._watchdog = supervision.Watchdog(Pulses())

    def run(self, stop: Callable[[], bool]) -> int:
        supervision.log("screen.driver is off: no picture")
        supervision.ready()
        while not stop():
            self.work_once(time.monotonic())
        self._listener.close()
        return 0

    def work_once(self, now_s: float) -> None:
        for message in self._listener.poll(_WAIT_S):
            self._obey(message)
        if self._listener.fresh:
            self._listener.fresh = False
            self._listener.send({"is": "hello", "size": [0, 0], "driver": "off"})
        if now_s - self._alive_s >= _ALIVE_S:
            self._alive_s = now_s
            self._listener.send({"is": "alive", "fps": 0})
        self._watchdog.work(now_s)

    def _obey(self, message: Message) -> None:
        if message.get("do") == "picture":
            self._listener.send({"is": "pictured", "path": "", "reason": "screen.driver is off"})
