"""Step 8 of 10. The journal: append-only numbered facts that survive power loss.

A fact leaves the node's care only when the district's database has it (a signed, cumulative ack).
`started` is committed before the first sample, so a start without an end is found at boot and
becomes partial: every due occurrence ends in exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from loa_node.facts import Entry, a_fact
from loa_wire.limits import DAY_MS
from loa_wire.up import Fact

KEPT_MS: Final = 46 * DAY_MS
"""How long an acknowledged fact stays: a district restored from a backup asks for it again (30 d),
and what a bulletin of 45 days has played must not come due again."""
MOST: Final = 200_000
"""Facts on the card at most; beyond it the oldest go, and `dropped_facts` says which."""


class JournalStore(Protocol):
    """`append` returns only once the facts are on disk."""

    @property
    def epoch(self) -> str: ...
    @property
    def last(self) -> int:
        """The highest seq written; 0 if none."""

    @property
    def acked(self) -> int: ...
    def append(self, facts: Sequence[Fact]) -> None:
        """Numbers them from last + 1 on; their own seq is ignored."""

    def after(self, seq: int, limit: int) -> list[Entry]: ...
    def of_occurrences(self) -> list[Fact]:
        """Every kept fact that names an occurrence, in order."""

    def acknowledge(self, upto: int) -> None: ...
    def prune(self, before_ms: int, most: int) -> tuple[int, int] | None:
        """Removes acknowledged facts older than `before_ms`; then, above `most`, the oldest of
        all, and returns the range of those never acknowledged, if any."""


def acknowledged(epoch: str, last: int, ack_epoch: str, upto: int) -> int | None:
    """What the ack makes of `acked`, or None if it is not about this journal.

    It may go down: a district restored from a backup gets the rest again.
    """
    return min(upto, last) if ack_epoch == epoch else None


CRASHES: Final = ("crash", "player_restarted")
"""Ends that say: a program of ours ended by itself while this was being said."""
TOO_OFTEN: Final = 3


@dataclass(frozen=True, slots=True)
class Past:
    """What the journal says of every occurrence: its outcome, or that it has begun.

    `crashes` are the last plays that broke a program off, (bulletin, rev) each; `heard` is when
    a bulletin last sounded, {id: ms}.
    """

    outcomes: Mapping[str, str]
    begun: Mapping[str, Fact]
    crashes: tuple[tuple[str, int], ...] = ()
    heard: Mapping[str, int] = field(default_factory=dict)

    def with_facts(self, facts: Iterable[Fact]) -> Past:
        outcomes, begun = dict(self.outcomes), dict(self.begun)
        crashes, heard = self.crashes, dict(self.heard)
        for fact in facts:
            if fact.occurrence is None:
                continue
            crashes = _crashed(crashes, fact)
            if fact.bulletin and fact.fact == "ended" and fact.result in ("played", "partial"):
                heard[fact.bulletin] = fact.at
            if fact.fact == "started":
                begun[fact.occurrence] = fact
            elif (outcome := outcome_of(fact)) is not None:
                outcomes[fact.occurrence] = outcome
                begun.pop(fact.occurrence, None)
        return Past(outcomes, begun, crashes, heard)

    def poison(self) -> tuple[str, int] | None:
        """The bulletin, and its rev, that broke a program off three times with nothing between.

        Where several do, the program or the board is at fault and not what it says.
        """
        same = len(set(self.crashes)) == 1
        return self.crashes[0] if same and len(self.crashes) == TOO_OFTEN else None


NOTHING = Past({}, {})


def _crashed(crashes: tuple[tuple[str, int], ...], fact: Fact) -> tuple[tuple[str, int], ...]:
    if fact.fact != "ended" or fact.bulletin is None or fact.outlet != "sound":
        return crashes
    if fact.reason in CRASHES:
        return (*crashes, (fact.bulletin, fact.rev or 0))[-TOO_OFTEN:]
    return crashes if fact.reason == "power" else ()


def without_replayed(facts: Iterable[Fact], replayed: Mapping[str, int]) -> list[Fact]:
    """Leaves out older revs of bulletins ({id: rev}) that start their counts again."""
    return [f for f in facts if (f.rev or 0) >= replayed.get(f.bulletin or "", 0)]


def outcome_of(fact: Fact) -> str | None:
    match fact.fact:
        case "ended":
            return fact.result or "failed"
        case "missed" | "skipped" | "stopped":
            return fact.fact
        case "preempted":
            return fact.fact if fact.result else None  # else it stands in the queue again
        case _:
            return None


def broken_off(past: Past, boot: str) -> list[Fact]:
    """At start: the ends of plays that a power cut or a crash of this program broke off."""
    return [
        a_fact(
            "ended",
            bulletin=begun.bulletin,
            rev=begun.rev,
            occurrence=occurrence,
            outlet=begun.outlet,
            result="partial",
            evidence="command",
            reason="crash" if begun.boot == boot else "power",
        )
        for occurrence, begun in past.begun.items()
    ]
