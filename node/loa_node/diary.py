"""The journal in use: facts get their time here; what they say of occurrences stays at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loa_node.clock import Clock
from loa_node.facts import Entry, Stamp, stamped
from loa_node.journal import KEPT_MS, MOST, NOTHING, JournalStore, Past, without_replayed
from loa_wire.up import Fact


class Diary:
    def __init__(self, store: JournalStore, replayed: Mapping[str, int]) -> None:
        """`replayed` is {bulletin id: rev} of those whose newer rev starts its counts again."""
        self._store = store
        self.past: Past = NOTHING.with_facts(without_replayed(store.of_occurrences(), replayed))

    @property
    def epoch(self) -> str:
        return self._store.epoch

    @property
    def last(self) -> int:
        return self._store.last

    @property
    def acked(self) -> int:
        return self._store.acked

    def write(self, clock: Clock, facts: Sequence[Fact]) -> None:
        """Returns once they are on disk."""
        if not facts:
            return
        stamp = Stamp(max(clock.now_ms, 0), clock.state, clock.boot, max(clock.mono_ms, 0))
        dated = [stamped(fact, stamp) for fact in facts]
        self._store.append(dated)
        self.past = self.past.with_facts(dated)

    def start_again(self, bulletin_id: str) -> None:
        """A new rev said `replay`: what its older revs played no longer counts."""
        prefix = f"{bulletin_id}/"
        self.past = Past(
            {k: v for k, v in self.past.outcomes.items() if not k.startswith(prefix)},
            self.past.begun,
            self.past.crashes,
            self.past.heard,
        )

    def acknowledge(self, upto: int) -> None:
        self._store.acknowledge(upto)

    def after(self, seq: int, limit: int) -> list[Entry]:
        return self._store.after(seq, limit)

    def prune(self, clock: Clock) -> tuple[int, int] | None:
        before = clock.now_ms - KEPT_MS if clock.calendar else 0
        return self._store.prune(before, MOST)
