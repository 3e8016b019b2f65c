"""The player at the end of its socket."""

from __future__ import annotations

from pathlib import Path

from loa_node.lines import Message, Wire, dial
from loa_node.outlets import (
    Alive,
    Gone,
    Outcome,
    PlayerEvent,
    PlayerHello,
    Reference,
    Sounding,
)


class PlayerSocket:
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

    def events(self) -> list[PlayerEvent]:
        if self._wire is None:
            return []
        events = [event for m in self._wire.receive() if (event := _read(m)) is not None]
        if self._wire.closed:
            self._wire = None
            events.append(Gone())
        return events

    def play(
        self,
        play: str,
        path: Path,
        duration_ms: int,
        volume: int,
        lead_ms: int,
        reference: Reference | None = None,
    ) -> None:
        heard: Message = {}
        if reference is not None:
            heard = {"reference": str(reference.path), "reference_ms": reference.at_ms}
        self._send(
            {
                "do": "play",
                "play": play,
                "path": str(path),
                "duration_ms": duration_ms,
                "volume": volume,
                "lead_ms": lead_ms,
            }
            | heard
        )

    def stop(self, play: str) -> None:
        self._send({"do": "stop", "play": play})

    def confirm(self, play: str) -> None:
        self._send({"do": "confirm", "play": play})

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()

    def _send(self, message: Message) -> None:
        if self._wire is not None:
            self._wire.send(message)  # a peer that is gone shows in the next events()


def _read(message: Message) -> PlayerEvent | None:
    match message.get("is"):
        case "hello":
            outcomes = [_outcome(raw) for raw in message.get("outcomes") or []]
            output, microphone = str(message.get("output")), str(message.get("microphone", "none"))
            return PlayerHello(message.get("playing") or "", outcomes, output, microphone)
        case "sounding":
            return Sounding(str(message.get("play")), int(message.get("latency_ms") or 0))
        case "outcome":
            return _outcome(message)
        case "alive":
            return Alive()
        case _:
            return None


def _outcome(raw: Message) -> Outcome:
    return Outcome(
        str(raw.get("play")),
        str(raw.get("result")),
        str(raw.get("evidence")),
        str(raw.get("reason") or ""),
        int(raw.get("played_ms") or 0),
        str(raw.get("ear") or ""),
    )
