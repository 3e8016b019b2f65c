"""Step 10 of 10. Reports from nodes become facts, ledger lines, the fleet's latest state. Pure.

Idempotent on (node, epoch, seq): every message may come twice, split or late. What the caller
must commit is in Changes; only then may it tell the broker, and the node (`acks`), that it has it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, assert_never

from loa_server.ingest import ledger
from loa_server.ingest.ledger import Expected, LedgerFact, Line
from loa_server.ingest.reports import (
    HealthReport,
    JournalReport,
    NumberedFact,
    Report,
    SignOfLife,
    StatusReport,
    Unreadable,
)

FactKey = tuple[str, str, int]  # node, epoch, seq
JournalKey = tuple[str, str]  # node, epoch
DeliveryKey = tuple[str, str]  # bulletin, node
Span = tuple[int, int]

LATEST_MS: Final = 253_402_214_400_000
"""The end of the year 9999: a node may believe later ones, a database cannot."""

CLONE: Final = "clone"
GAP: Final = "journal_gap"
LOST: Final = "journal_lost"
UNREADABLE: Final = "unreadable"
REVOKED: Final = "revoked_speaks"


@dataclass(frozen=True, slots=True)
class HeldNode:
    active: bool
    boots: int = 0
    connects: int = 0
    online: bool = False
    epoch: str = ""
    acked: int = 0


@dataclass(frozen=True, slots=True)
class HeldJournal:
    """Facts 1..upto are stored; `above` are stored ones beyond a hole; `dropped` never come."""

    upto: int = 0
    above: frozenset[int] = frozenset()
    dropped: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What the database says of everything the reports mention; absent means not there."""

    nodes: Mapping[str, HeldNode]
    journals: Mapping[JournalKey, HeldJournal]
    stored: Mapping[FactKey, bytes]
    past: Mapping[DeliveryKey, Sequence[LedgerFact]]
    expected: Mapping[DeliveryKey, Expected]


@dataclass(frozen=True, slots=True)
class NewFact:
    node: str
    epoch: str
    numbered: NumberedFact


@dataclass(slots=True)
class NodeChange:
    """None leaves a column as it is."""

    seen: bool = False
    presence: StatusReport | None = None
    health: HealthReport | None = None
    journal: tuple[str, int] | None = None  # epoch, acked


@dataclass(slots=True)
class Changes:
    facts: list[NewFact] = field(default_factory=list)
    nodes: dict[str, NodeChange] = field(default_factory=lambda: defaultdict(NodeChange))
    deliveries: dict[DeliveryKey, Line] = field(default_factory=dict)
    alarms: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)  # detail, times
    acks: dict[str, tuple[str, int]] = field(default_factory=dict)  # node: epoch, upto
    ignored: Counter[str] = field(default_factory=Counter)

    def alarm(self, node: str, code: str, detail: str, times: int = 1) -> None:
        before = self.alarms.get((node, code), ("", 0))[1]
        self.alarms[node, code] = (detail, before + times)


def touched(reports: Iterable[Report]) -> set[DeliveryKey]:
    """The ledger lines that these reports may change."""
    return {
        (one.fact.bulletin, report.node)
        for report in reports
        if isinstance(report, JournalReport)
        for one in report.facts
        if one.fact is not None and one.fact.bulletin is not None
    }


def apply(reports: Sequence[Report], held: Held) -> Changes:
    changes = Changes()
    journals: dict[JournalKey, list[JournalReport]] = defaultdict(list)
    for report in reports:
        node = held.nodes.get(report.node)
        if node is None or not node.active:
            _not_ours(report, node, changes)
        elif isinstance(report, JournalReport):
            changes.nodes[report.node].seen |= not report.carried
            key = (report.node, report.epoch)
            journals[key] = [*journals.pop(key, []), report]  # the latest to speak stands last
        else:
            _of_now(report, node, changes)
    for (name, epoch), told in journals.items():
        _take_journal(held, changes, held.nodes[name], epoch, told)
    _backlogs(held, changes)
    _take_lines(held, changes, touched(r for told in journals.values() for r in told))
    return changes


def _not_ours(report: Report, node: HeldNode | None, changes: Changes) -> None:
    changes.ignored["unknown_node" if node is None else "inactive_node"] += 1
    if node is not None and not isinstance(report, StatusReport):
        changes.alarm(report.node, REVOKED, "messages of a node that is not active are not kept")


def _of_now(
    report: StatusReport | HealthReport | SignOfLife | Unreadable, node: HeldNode, changes: Changes
) -> None:
    change = changes.nodes[report.node]
    match report:
        case StatusReport():
            _take_status(report, node, change)
        case HealthReport():
            change.seen = True
            change.health = report
        case SignOfLife():
            change.seen = True
        case Unreadable(code=code, detail=detail):
            change.seen = True
            changes.ignored["unreadable"] += 1
            changes.alarm(report.node, UNREADABLE, f"{code}: {detail}")
        case _:
            assert_never(report)


def _take_status(report: StatusReport, node: HeldNode, change: NodeChange) -> None:
    """A lower (boots, connects) is older news: a late will must not end a newer session."""
    status = report.status
    held = (node.boots, node.connects, not node.online)
    if change.presence is not None:
        latest = change.presence.status
        held = max(held, (latest.boots, latest.connects, not latest.online))
    if (status.boots, status.connects, not status.online) >= held:
        change.presence = report
    if status.online and not report.retained:
        change.seen = True


def _take_journal(
    held: Held, changes: Changes, node: HeldNode, epoch: str, told: list[JournalReport]
) -> None:
    name = told[0].node
    fresh = _new_facts(held, changes, epoch, told)
    journal = held.journals.get((name, epoch), HeldJournal())
    if fresh and node.epoch not in ("", epoch) and (journal.upto or journal.above):
        changes.alarm(name, CLONE, f"journal {epoch} goes on after journal {node.epoch}")
    upto = _contiguous(journal, fresh)
    last = max([upto, *journal.above, *fresh])
    if last > upto:
        changes.alarm(name, GAP, f"journal {epoch}: fact {upto + 1} has not come, {last} has")
    for one in fresh.values():
        _declared_loss(name, one, changes, first=not node.epoch)
    changes.facts.extend(NewFact(name, epoch, one) for one in fresh.values())
    changes.nodes[name].journal = changes.acks[name] = (epoch, upto)


def _new_facts(
    held: Held, changes: Changes, epoch: str, told: list[JournalReport]
) -> dict[int, NumberedFact]:
    fresh: dict[int, NumberedFact] = {}
    for report in told:
        if report.numberless:
            changes.alarm(report.node, UNREADABLE, "facts without a number", report.numberless)
        for one in report.facts:
            known = held.stored.get((report.node, epoch, one.seq))
            if known is None and one.seq in fresh:
                known = fresh[one.seq].raw
            if known is None:
                fresh[one.seq] = one
                if one.fact is None:
                    changes.alarm(report.node, UNREADABLE, f"fact {one.name[:40]!r}")
            elif known != one.raw:
                changes.alarm(report.node, CLONE, f"journal {epoch}: fact {one.seq} differs")
    return fresh


def _contiguous(journal: HeldJournal, fresh: Mapping[int, NumberedFact]) -> int:
    """The highest n for which each of 1..n is stored, or known never to come."""
    spans = [*journal.dropped, *filter(None, map(dropped_span, fresh.values()))]
    upto = journal.upto
    while True:
        after = upto + 1
        if after in fresh or after in journal.above:
            upto = after
        elif ends := [to for start, to in spans if start <= after <= to]:
            upto = max(ends)
        else:
            return upto


def dropped_span(one: NumberedFact) -> Span | None:
    """The facts that a full card made the node give up, as it says itself."""
    fact = one.fact
    if fact is None or fact.fact != "dropped_facts" or fact.start is None or fact.to is None:
        return None
    return (fact.start, fact.to)


def _declared_loss(name: str, one: NumberedFact, changes: Changes, *, first: bool) -> None:
    """`first`: nothing was ever heard of it before, so a new journal is no lost one."""
    born = first and one.fact is not None and one.fact.reason == "new"
    if one.fact is not None and one.fact.fact == "journal_lost" and not born:
        changes.alarm(name, LOST, one.fact.reason or one.fact.detail or "")
    if span := dropped_span(one):
        changes.alarm(name, GAP, f"facts {span[0]} to {span[1]} were given up by the node")


def _backlogs(held: Held, changes: Changes) -> None:
    """An ack may get lost on its way, and a restored database knows less than it once said."""
    for name, change in changes.nodes.items():
        backlog = change.health.health.journal if change.health else None
        if backlog is None or name in changes.acks:
            continue
        node = held.nodes[name]
        journal = held.journals.get((name, backlog.epoch), HeldJournal())
        upto = node.acked if backlog.epoch == node.epoch else _contiguous(journal, {})
        if backlog.acked != upto:
            changes.acks[name] = (backlog.epoch, upto)


def _take_lines(held: Held, changes: Changes, keys: Iterable[DeliveryKey]) -> None:
    fresh: dict[DeliveryKey, list[LedgerFact]] = defaultdict(list)
    for new in changes.facts:
        if new.numbered.fact is not None:
            fresh[new.numbered.fact.bulletin or "", new.node].append(of_ledger(new))
    for key in keys:
        if (expected := held.expected.get(key)) is not None:
            changes.deliveries[key] = ledger.line([*held.past.get(key, ()), *fresh[key]], expected)


def of_ledger(new: NewFact) -> LedgerFact:
    fact = new.numbered.fact
    assert fact is not None  # noqa: S101 - only readable facts have a line
    return LedgerFact(
        epoch=new.epoch,
        seq=fact.seq,
        at=min(fact.at, LATEST_MS),
        clock=fact.clock,
        fact=fact.fact,
        rev=fact.rev,
        occurrence=(fact.occurrence or "")[:60],
        result=fact.result or "",
        evidence=fact.evidence or "",
        reason=(fact.reason or "")[:120],
    )
