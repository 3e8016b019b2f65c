"""Between the words of the programme, of playback and of the player. Pure."""

from __future__ import annotations

from typing import Final

from loa_node import playback
from loa_node.facts import a_fact
from loa_node.outlets import Outcome
from loa_wire import programme
from loa_wire.fields import Ear, Evidence, level_rank
from loa_wire.up import Fact, Result

DRILL: Final = "drill"
"""Spoken before the voices of a drill, so that nobody takes it for the real thing."""
_EVIDENCE: Final[dict[str, Evidence]] = {
    "command": "command",
    "decoder": "decoder",
    "device": "device",
    "heard": "heard",
}
_EARS: Final[dict[str, Ear]] = {
    "heard": "heard",
    "unsure": "unsure",
    "not_heard": "not_heard",
    "no_mic": "no_mic",
}


def item_of(one: programme.Item, begin_by: int | None = None) -> playback.Item:
    b = one.bulletin
    return playback.Item(
        one.occurrence,
        b.id,
        b.rev,
        b.exp,
        (-level_rank(b.level), one.planned or b.nbf, b.id),
        voices_of(one),
        b.screen.seconds,
        urgent=b.level == "emergency" and b.kind == "play",
        begin_by=begin_by,
    )


def voices_of(one: programme.Item) -> tuple[playback.Voice, ...]:
    spoken = tuple(playback.Voice(lang, m.sha256, m.duration_ms or 0) for lang, m in one.voices)
    if one.bulletin.kind == "drill" and spoken:
        return (playback.Voice(DRILL, DRILL, 0), *spoken)
    return spoken


def said_of(outcome: Outcome) -> playback.Said:
    evidence = _EVIDENCE.get(outcome.evidence, "command")
    ear, ms = _EARS.get(outcome.ear), outcome.played_ms
    if outcome.result in ("played", "partial"):
        result: Result = "played" if outcome.result == "played" else "partial"
        return playback.Said(result, evidence, outcome.reason, ms, ear)
    if outcome.result == "stopped" and ms > 0:
        return playback.Said("partial", evidence, outcome.reason, ms, ear)
    return playback.Said("failed", evidence, outcome.reason or outcome.result, ms, ear)


def ended_late(orphan: Fact, said: playback.Said) -> Fact:
    return a_fact(
        "ended",
        bulletin=orphan.bulletin,
        rev=orphan.rev,
        occurrence=orphan.occurrence,
        outlet=orphan.outlet,
        result=said.result,
        evidence=said.evidence,
        reason=said.reason or None,
        played_ms=said.played_ms,
        ear=said.ear,
    )


def missed_fact(one: programme.Missed) -> Fact:
    return a_fact(
        "missed",
        bulletin=one.bulletin.id,
        rev=one.bulletin.rev,
        occurrence=one.occurrence,
        reason=one.reason,
    )
