"""A screen without pixels that speaks the screen's messages. Contract: test_screen.py.

`take` is its whole behaviour and touches nothing but the PNG it is asked for; `serve` puts it on
a socket.
"""

from __future__ import annotations

import struct
import threading
import zlib
from pathlib import Path

from loa_node.lines import Listener, Message
from loa_node.screen.scene import Scene, Unreadable, parse


class FakeScreen:
    def __init__(self, driver: str = "dummy", size: tuple[int, int] = (1920, 1080)) -> None:
        self.driver = driver
        self.size = size
        self.shown: list[Scene] = []
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def hello(self) -> Message:
        return {"is": "hello", "size": list(self.size), "driver": self.driver}

    def take(self, order: Message) -> list[Message]:
        """What the screen says to one order."""
        match order.get("do"):
            case "show":
                scene = parse(order.get("scene"))
                if isinstance(scene, Unreadable):
                    return [{"is": "refused", "reason": scene.why}]
                self.shown.append(scene)
                return [{"is": "shown", "scene": scene.id, "seconds": 10}]
            case "picture":
                return [self._picture(str(order.get("path")))]
            case _:
                return []

    def _picture(self, path: str) -> Message:
        try:
            Path(path).write_bytes(_png(*self.size))
        except OSError as e:
            return {"is": "pictured", "path": "", "reason": str(e)}
        return {"is": "pictured", "path": path}

    def serve(self, path: Path) -> None:
        listener = Listener(path)
        self._thread = threading.Thread(target=self._serve, args=(listener,), daemon=True)
        self._thread.start()

    def _serve(self, listener: Listener) -> None:
        while not self._ending.is_set():
            said = [said for order in listener.poll(0.02) for said in self.take(order)]
            if listener.fresh:
                listener.fresh = False
                said.insert(0, self.hello())
            for message in said:
                listener.send(message)
        listener.close()

    def close(self) -> None:
        self._ending.set()
        if self._thread:
            self._thread.join()


def _png(width: int, height: int) -> bytes:
    """A black picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = zlib.compress((b"\0" + b"\0" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
