"""A shelf in memory that keeps the promises of loa_node.inbox.Shelf, a power cut excepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loa_node.inbox import Shelved, State


class FakeShelf:
    def __init__(self) -> None:
        self.rows: dict[str, Shelved] = {}
        self.documents: dict[str, tuple[int, bytes]] = {}

    def revision_of(self, bulletin_id: str) -> int | None:
        row = self.rows.get(bulletin_id)
        return row.bulletin.rev if row else None

    def envelope_known(self, sha256: str) -> bool:
        return any(row.sha256 == sha256 for row in self.rows.values())

    def bulletins(self) -> list[Shelved]:
        return [row for row in self.rows.values() if row.state == "held"]

    def keep(self, shelved: Shelved, ended: Sequence[str]) -> None:
        self.rows[shelved.bulletin.id] = shelved
        self.mark(ended, "stopped")

    def mark(self, ids: Sequence[str], state: State) -> None:
        for bulletin_id in ids:
            if bulletin_id in self.rows:
                self.rows[bulletin_id] = replace(self.rows[bulletin_id], state=state)

    def forget(self, before_ms: int) -> None:
        self.rows = {i: r for i, r in self.rows.items() if r.bulletin.exp >= before_ms}

    def version_of(self, name: str) -> int | None:
        found = self.documents.get(name)
        return found[0] if found else None

    def document(self, name: str) -> bytes | None:
        found = self.documents.get(name)
        return found[1] if found else None

    def put(self, name: str, version: int, data: bytes) -> None:
        self.documents[name] = (version, data)

    def remove(self, name: str) -> None:
        self.documents.pop(name, None)
