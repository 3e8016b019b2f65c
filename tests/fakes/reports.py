"""Messages as nodes send them, and a database of dictionaries that takes them in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loa_server.fleet.status import codes, read_health
from loa_server.ingest.apply import (
    Changes,
    DeliveryKey,
    FactKey,
    Held,
    HeldJournal,
    HeldNode,
    JournalKey,
    NewFact,
    apply,
    dropped_span,
    of_ledger,
)
from loa_server.ingest.ledger import Expected, LedgerFact, Line
from loa_server.ingest.reports import Arrival, NumberedFact, read_all
from loa_wire import topics

NODE = "tq-01"
EPOCH = "e1"
BULLETIN = "01JZ0000000000000000000001"
AT = 1_767_600_000_000


def a_fact(seq: int, fact: str = "received", **fields: Any) -> dict[str, Any]:
    common = {"seq": seq, "at": AT + seq * 1000, "clock": "synced", "boot": "b1", "fact": fact}
    about = {} if fact == "rebooted" else {"bulletin": BULLETIN, "rev": 1}
    return {**common, **about, **fields}


def a_play(seq: int, at: int = 0, **ended: Any) -> list[dict[str, Any]]:
    """Two facts: started and ended of the occurrence planned at `at`."""
    occurrence = f"{BULLETIN}/{at}"
    end = {"result": "played", "evidence": "device", "occurrence": occurrence, **ended}
    return [a_fact(seq, "started", occurrence=occurrence), a_fact(seq + 1, "ended", **end)]


def a_life() -> list[dict[str, Any]]:
    """Received, ready, played: four facts."""
    return [a_fact(1), a_fact(2, "ready"), *a_play(3)]


def journal(facts: Iterable[dict[str, Any]], node: str = NODE, epoch: str = EPOCH) -> Arrival:
    body = {"typ": "journal", "v": 1, "node": node, "epoch": epoch, "facts": list(facts)}
    return Arrival(topics.up(node, "journal"), json.dumps(body).encode())


def status(
    boots: int, connects: int, *, online: bool, node: str = NODE, retained: bool = False
) -> Arrival:
    body = {
        "typ": "status",
        "v": 1,
        "node": node,
        "online": online,
        "boots": boots,
        "connects": connects,
        "boot": f"b{boots}",
    }
    return Arrival(topics.up(node, "status"), json.dumps(body).encode(), retained=retained)


def health(node: str = NODE, **fields: Any) -> Arrival:
    body = {"typ": "health", "v": 1, "node": node, "at": AT, "clock": "synced", "boot": "b1"}
    return Arrival(topics.up(node, "health"), json.dumps({**body, **fields}).encode())


def as_kept(said: dict[str, Any]) -> dict[str, Any]:
    """The columns of a node's row that ingest leaves with this health."""
    read = read_health(said)
    assert read is not None
    return {
        "health": said,
        "ails": codes(read),
        "took_assignment": read.applied.assignment,
        "took_settings": read.applied.settings,
    }


@dataclass(slots=True)
class District:
    """Keeps what `apply` says, as the writer does in SQL."""

    nodes: dict[str, HeldNode] = field(default_factory=lambda: {NODE: HeldNode(active=True)})
    expected: dict[DeliveryKey, Expected] = field(
        default_factory=lambda: {(BULLETIN, NODE): Expected(rev=1)}
    )
    facts: dict[FactKey, NumberedFact] = field(default_factory=dict)
    lines: dict[DeliveryKey, Line] = field(default_factory=dict)
    alarms: dict[tuple[str, str], int] = field(default_factory=dict)
    acks: dict[str, tuple[str, int]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    @property
    def line(self) -> Line:
        return self.lines[BULLETIN, NODE]

    def take(self, *arrivals: Arrival) -> Changes:
        changes = apply(read_all(arrivals), self._held())
        for new in changes.facts:
            self.facts[new.node, new.epoch, new.numbered.seq] = new.numbered
        for name, change in changes.nodes.items():
            self._change(name, change.presence, change.journal)
            if change.seen:
                self.seen.add(name)
        for key, (_, times) in changes.alarms.items():
            self.alarms[key] = self.alarms.get(key, 0) + times
        self.lines |= changes.deliveries
        self.acks |= changes.acks
        return changes

    def _change(self, name: str, presence: Any, told: tuple[str, int] | None) -> None:
        node = self.nodes[name]
        if presence is not None:
            s = presence.status
            node = replace(node, boots=s.boots, connects=s.connects, online=s.online)
        if told is not None:
            node = replace(node, epoch=told[0], acked=told[1])
        self.nodes[name] = node

    def _held(self) -> Held:
        journals = {(name, epoch) for name, epoch, _ in self.facts}
        return Held(
            nodes=self.nodes,
            journals={key: self._journal(key) for key in journals},
            stored={key: one.raw for key, one in self.facts.items()},
            past=self._past(),
            expected=self.expected,
        )

    def _journal(self, key: JournalKey) -> HeldJournal:
        name, epoch = key
        upto = self.nodes[name].acked if self.nodes[name].epoch == epoch else 0
        above = [one for k, one in self.facts.items() if k[:2] == key and one.seq > upto]
        spans = tuple(span for one in above if (span := dropped_span(one)) is not None)
        return HeldJournal(upto, frozenset(one.seq for one in above), spans)

    def _past(self) -> dict[DeliveryKey, Sequence[LedgerFact]]:
        past: dict[DeliveryKey, list[LedgerFact]] = {}
        for (name, epoch, _), one in self.facts.items():
            if one.fact is not None and one.fact.bulletin is not None:
                told = of_ledger(NewFact(name, epoch, one))
                past.setdefault((one.fact.bulletin, name), []).append(told)
        return dict(past)
