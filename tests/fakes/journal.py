"""A journal in memory that keeps the promises of loa_node.journal.JournalStore."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loa_node.facts import Entry
from loa_wire.up import Fact


class FakeJournal:
    def __init__(self, epoch: str = "e1") -> None:
        self.epoch = epoch
        self.last = 0
        self.acked = 0
        self.facts: list[Fact] = []

    def append(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            self.last += 1
            self.facts.append(msgspec.structs.replace(fact, seq=self.last))

    def after(self, seq: int, limit: int) -> list[Entry]:
        found = [Entry(f.seq, msgspec.json.encode(f)) for f in self.facts if f.seq > seq]
        return found[:limit]

    def of_occurrences(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.occurrence is not None]

    def acknowledge(self, upto: int) -> None:
        self.acked = upto

    def prune(self, before_ms: int, most: int) -> tuple[int, int] | None:
        known = ("proved", "synced", "held")
        old = [f.seq for f in self.facts if f.clock in known and f.at < before_ms]
        limit = min(self.acked, max(old, default=0))
        self.facts = [f for f in self.facts if f.seq > limit]
        surplus = self.facts[: max(0, len(self.facts) - most)]
        self.facts = self.facts[len(surplus) :]
        lost = [f.seq for f in surplus if f.seq > self.acked]
        return (lost[0], lost[-1]) if lost else None
