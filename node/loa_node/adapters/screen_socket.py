"""The screen at the end of its socket."""

from __future__ import annotations

from pathlib import Path

from loa_node.lines import Message, Wire, dial
from loa_node.outlets import Alive, Gone, Pictured, Scene, ScreenEvent, ScreenHello, Shown


class ScreenSocket:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._wire: Wire | None = None

    @property
    def present(self) -> bool:
        return self._wire is not None

    def fileno(self) -> int | None:
        return self._wire.fileno() if self._wire else None

    def dial(self) -> None:
        if self._wire is None:
            self._wire = dial(self._path)

    def events(self) -> list[ScreenEvent]:
        if self._wire is None:
            return []
        events = [event for m in self._wire.receive() if (event := _read(m)) is not None]
        if self._wire.closed:
            self._wire = None
            events.append(Gone())
        return events

    def show(self, scene: Scene) -> None:
        self._send({"do": "show", "scene": scene})

    def picture(self, path: Path, width: int) -> None:
        self._send({"do": "picture", "path": str(path), "width": width})

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()

    def _send(self, message: Message) -> None:
        if self._wire is not None:
            self._wire.send(message)


def _read(message: Message) -> ScreenEvent | None:
    match message.get("is"):
        case "hello":
            return ScreenHello(str(message.get("driver")))
        case "shown":
            return Shown(str(message.get("scene")))
        case "pictured":
            return Pictured(str(message.get("path")))
        case "alive":
            return Alive()
        case _:
            return None
