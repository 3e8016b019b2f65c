"""Outcomes that the agent has not confirmed yet, kept on disk so that a crash loses none."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from loa_node.lines import Message

MOST = 500  # an agent that never confirms must not fill the card


class Outcomes:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _load(path)

    def all(self) -> list[Message]:
        return list(self._kept.values())

    def keep(self, outcome: Message) -> None:
        """Returns only once it is on disk."""
        self._kept.pop(outcome["play"], None)
        self._kept[outcome["play"]] = outcome
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        self._save()

    def forget(self, play: str) -> None:
        if self._kept.pop(play, None) is not None:
            self._save()

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(self.all(), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _load(path: Path) -> dict[str, Message]:
    """What cannot be read is set aside, never a reason to stay silent."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {outcome["play"]: outcome for outcome in kept}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".broken"))
        return {}
