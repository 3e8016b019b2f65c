"""A player without sound that speaks the player's messages. Contract: test_player.py.

`take` and `finish` are its whole behaviour and touch nothing; `serve` puts it on a socket, where a
play takes `length_s`.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from loa_node.lines import Listener, Message


class FakePlayer:
    def __init__(self, length_s: float = 0.2) -> None:
        self.length_s = length_s
        self.playing: str | None = None
        self.orders: list[Message] = []
        self.unconfirmed: dict[str, Message] = {}
        self._ends_at = 0.0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def hello(self) -> Message:
        return {
            "is": "hello",
            "playing": self.playing,
            "outcomes": list(self.unconfirmed.values()),
            "output": "file",
            "libvlc": "3.0.0",
        }

    def take(self, order: Message) -> list[Message]:
        """What the player says to one order."""
        self.orders.append(order)
        match order.get("do"):
            case "play" if order["play"] != self.playing:
                return self._play(order)
            case "stop" if order["play"] in ("*", self.playing):
                return self.finish("stopped", "stopped")
            case "confirm":
                self.unconfirmed.pop(order["play"], None)
            case "state":
                return [self.hello()]
            case _:
                pass
        return []

    def finish(self, result: str = "played", reason: str = "") -> list[Message]:
        """The play under way ends like this; nothing plays: nothing to say."""
        if self.playing is None:
            return []
        sounded = 0 if result == "failed" else 10
        return [self._outcome(self.playing, result, reason, sounded)]

    def _play(self, order: Message) -> list[Message]:
        said = self.finish("stopped", "preempted")
        play = str(order["play"])
        if not Path(order["path"]).exists():
            return [*said, self._outcome(play, "failed", "missing_file", 0)]
        if order.get("volume") == 0:
            return [*said, self._outcome(play, "failed", "muted", 0)]
        self.playing = play
        return [*said, {"is": "sounding", "play": play, "latency_ms": 1, "monotonic_us": 0}]

    def _outcome(self, play: str, result: str, reason: str, sounded: int) -> Message:
        self.playing = None
        self.unconfirmed[play] = {
            "is": "outcome",
            "play": play,
            "result": result,
            "evidence": "decoder" if sounded else "command",
            "reason": reason,
            "played_ms": sounded * 60,
            "decoded": sounded,
            "played": sounded,
            "lost": 0,
        }
        return self.unconfirmed[play]

    def serve(self, socket: Path) -> None:
        listener = Listener(socket)
        self._thread = threading.Thread(target=self._loop, args=(listener,), daemon=True)
        self._thread.start()

    def _loop(self, listener: Listener) -> None:
        while not self._ending.is_set():
            for order in listener.poll(0.01):
                self._say(listener, self.take(order))
                self._ends_at = time.monotonic() + self.length_s
            if listener.fresh:
                listener.fresh = False
                listener.send(self.hello())
            if self.playing and time.monotonic() >= self._ends_at:
                self._say(listener, self.finish())
        listener.close()

    def _say(self, listener: Listener, messages: list[Message]) -> None:
        for message in messages:
            listener.send(message)

    def close(self) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
