"""One line of the ledger: what one node's facts say about one bulletin. Pure.

    expected -> accepted | refused -> ready -> playing -> played (evidence, n of m)
                                                        | partial | failed | missed

Computed from the whole set of facts, so the order in which they came, and how often, cannot
matter. Nothing here turns silence into failure: without facts a line stays `expected`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

REACH: Final = ("", "command", "decoder", "device", "heard")
_OUTCOMES: Final = ("", "missed", "failed", "partial", "played")
"""Best last. One occurrence counts once, with the best that was proved of it."""
_PROGRESS: Final = {
    "received": "accepted",
    "ready": "ready",
    "refused": "refused",
    "media_failed": "accepted",
}
_TRUSTED_CLOCKS: Final = ("proved", "synced", "held")


@dataclass(frozen=True, slots=True)
class LedgerFact:
    """The part of a stored fact that the ledger needs. `at` in ms UTC by the node's clock."""

    epoch: str
    seq: int
    at: int
    clock: str
    fact: str
    rev: int | None = None
    occurrence: str = ""
    result: str = ""
    evidence: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the district published. Plays of a revision from `counts_from` on are counted."""

    rev: int
    planned: int = 1
    counts_from: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    state: str = "expected"
    evidence: str = ""
    plays: int = 0
    reason: str = ""
    first_sound_at: int | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """What is known of one occurrence."""

    outcome: str = ""  # one of _OUTCOMES
    evidence: str = ""
    reason: str = ""
    sounding: bool = False
    begun_at: int | None = None


def line(facts: Iterable[LedgerFact], expected: Expected) -> Line:
    ordered = _in_order(facts)
    progress, reason = _progress(ordered, expected.rev)
    plays = _plays(f for f in ordered if (f.rev or expected.rev) >= expected.counts_from)
    summed = _summed(list(plays.values()), progress, reason)
    if progress in ("expected", "refused") and not _came_up(ordered, expected.rev):
        # what was heard of an older revision counts, but it is not this one's doing
        return Line(state=progress, plays=summed.plays, reason=reason)
    return summed


def _came_up(facts: Iterable[LedgerFact], rev: int) -> bool:
    return any(f.occurrence and f.rev in (rev, None) for f in facts)


def _in_order(facts: Iterable[LedgerFact]) -> list[LedgerFact]:
    """By journal, then by number: a node's clock may jump, its numbers never do."""
    found = list(facts)
    opened: dict[str, int] = {}
    for fact in found:
        opened[fact.epoch] = min(fact.at, opened.get(fact.epoch, fact.at))
    return sorted(found, key=lambda f: (opened[f.epoch], f.epoch, f.seq))


def _progress(facts: Sequence[LedgerFact], rev: int) -> tuple[str, str]:
    """How far the node came with the revision it should have now."""
    state, reason = "expected", ""
    for fact in facts:
        if fact.rev not in (rev, None) or fact.fact not in _PROGRESS:
            continue
        if fact.fact == "received" and state == "ready":
            continue  # told twice
        state, reason = _PROGRESS[fact.fact], fact.reason
    return state, reason


def _plays(facts: Iterable[LedgerFact]) -> dict[str, Play]:
    plays: dict[str, Play] = {}
    for fact in facts:
        held = plays.get(fact.occurrence, Play())
        after = _after(held, fact)
        if after is not held:
            plays[fact.occurrence] = after
    return plays


def _after(play: Play, fact: LedgerFact) -> Play:
    match fact.fact:
        case "started":
            at = fact.at if fact.clock in _TRUSTED_CLOCKS else None
            known = [t for t in (play.begun_at, at) if t is not None]
            return Play(
                play.outcome,
                play.evidence,
                play.reason,
                sounding=True,
                begun_at=min(known, default=None),
            )
        case "ended":
            result = fact.result if fact.result in _OUTCOMES[2:] else "failed"
            return _better(play, result, fact)
        case "missed" | "skipped":
            return _better(play, "missed", fact)
        case "stopped" | "preempted" if fact.fact == "stopped" or fact.result:
            return _better(play, "partial" if play.sounding or fact.result else "missed", fact)
        case "preempted":  # it stands in the queue again
            return Play(
                play.outcome, play.evidence, fact.reason or "preempted", begun_at=play.begun_at
            )
        case _:
            return play


def _better(play: Play, outcome: str, fact: LedgerFact) -> Play:
    told = (_OUTCOMES.index(outcome), REACH.index(fact.evidence) if fact.evidence in REACH else 0)
    held = (_OUTCOMES.index(play.outcome), REACH.index(play.evidence))
    if told < held:
        return Play(play.outcome, play.evidence, play.reason, begun_at=play.begun_at)
    why = fact.reason or ("" if outcome in ("played", "partial") else fact.fact)
    return Play(outcome, REACH[told[1]], why, begun_at=play.begun_at)


def _summed(plays: list[Play], progress: str, reason: str) -> Line:
    outcomes = {play.outcome for play in plays}
    best = next((o for o in reversed(_OUTCOMES[1:]) if o in outcomes), "")
    counted = [play for play in plays if play.outcome == best] if best else []
    sounding = any(play.sounding for play in plays)
    return Line(
        state="playing" if sounding else best or progress,
        # every counted play was proved at least as far
        evidence=min((play.evidence for play in counted), key=REACH.index, default=""),
        plays=sum(play.outcome == "played" for play in plays),
        reason=_why(plays, counted) if plays else reason,
        first_sound_at=min(
            (p.begun_at for p in plays if p.begun_at is not None and _was_heard(p)), default=None
        ),
    )


def _why(plays: list[Play], counted: list[Play]) -> str:
    """The counted plays' own reason first; else that of a play which came to less."""
    for play in (*reversed(counted), *reversed(plays)):
        if play.reason:
            return play.reason
    return ""


def _was_heard(play: Play) -> bool:
    return play.sounding or play.outcome in ("played", "partial")
