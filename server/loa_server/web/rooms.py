"""Who is watching what, and what each has not been told yet. Pure bookkeeping, no I/O.

Latest wins: a row that changed five times before a slow viewer read it is told once. A viewer
with more than BACKLOG rows waiting is told to read the page anew (`resync`) instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from loa_server.web.changes import Change

BACKLOG: Final = 500


@dataclass(eq=False, slots=True)
class Viewer:
    """`scopes` are area paths: a row elsewhere is not for these eyes."""

    room: str
    scopes: tuple[str, ...]
    waiting: dict[str, Change] = field(default_factory=dict)
    resync: bool = False

    def offer(self, change: Change) -> bool:
        """True if there is now something to tell."""
        if change.room != self.room or not change.path.startswith(self.scopes):
            return False
        if self.resync:
            return True
        self.waiting.pop(change.node, None)  # to the end: the order of the latest
        self.waiting[change.node] = change
        if len(self.waiting) > BACKLOG:
            self.waiting.clear()
            self.resync = True
        return True

    def take(self) -> tuple[list[Change], bool]:
        """What waits, and whether the page must be read anew; both are then told."""
        told = list(self.waiting.values()), self.resync
        self.waiting.clear()
        self.resync = False
        return told


class Rooms:
    def __init__(self) -> None:
        self._rooms: dict[str, set[Viewer]] = {}

    def enter(self, viewer: Viewer) -> None:
        self._rooms.setdefault(viewer.room, set()).add(viewer)

    def leave(self, viewer: Viewer) -> None:
        watching = self._rooms.get(viewer.room, set())
        watching.discard(viewer)
        if not watching:
            self._rooms.pop(viewer.room, None)

    def spread(self, changes: Iterable[Change]) -> set[Viewer]:
        """Who has something to be told now."""
        return {
            viewer
            for change in changes
            for viewer in self._rooms.get(change.room, ())
            if viewer.offer(change)
        }

    def __len__(self) -> int:
        return sum(len(watching) for watching in self._rooms.values())
