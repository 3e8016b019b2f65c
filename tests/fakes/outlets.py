"""The agent's ends of player and screen: orders are kept, a test says what is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loa_node.outlets import PlayerEvent, Reference, ScreenEvent


@dataclass
class FakePlayerEnd:
    present: bool = True
    coming: list[PlayerEvent] = field(default_factory=list)
    ordered: list[tuple[str, ...]] = field(default_factory=list)
    played: list[dict[str, Any]] = field(default_factory=list)
    references: list[Reference | None] = field(default_factory=list)

    def dial(self) -> None:
        pass

    def events(self) -> list[PlayerEvent]:
        taken, self.coming = self.coming, []
        return taken

    def play(
        self,
        play: str,
        path: Path,
        duration_ms: int,
        volume: int,
        lead_ms: int,
        reference: Reference | None = None,
    ) -> None:
        self.ordered.append(("play", play))
        order = {"path": str(path), "volume": volume, "lead": lead_ms, "signed": duration_ms}
        self.played.append(order)
        self.references.append(reference)

    def stop(self, play: str) -> None:
        self.ordered.append(("stop", play))

    def confirm(self, play: str) -> None:
        self.ordered.append(("confirm", play))


@dataclass
class FakeScreenEnd:
    present: bool = True
    coming: list[ScreenEvent] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def dial(self) -> None:
        pass

    def events(self) -> list[ScreenEvent]:
        taken, self.coming = self.coming, []
        return taken

    def show(self, scene: dict[str, Any]) -> None:
        self.shown.append(scene)

    def picture(self, path: Path, width: int) -> None:
        pass
