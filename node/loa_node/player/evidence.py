"""From what was observed during a play to what may be said about it. Pure.

libVLC reports EndReached for a good play, an HTML page named .mp3 and a loudspeaker that is
unplugged, so its events alone prove nothing. A play is `played` only if there was no error event,
buffers were played, none was lost, it took and it sounded as long as the signed bulletin says, and
the audio output wrote no error to the log. Everything else is `partial` or `failed`, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SLACK_MS = 500
SLACK_PERCENT = 3


@dataclass(frozen=True, slots=True)
class Observed:
    """One play, after it ended. Times in milliseconds, counts in decoder buffers."""

    refused: str = ""  # why it was never started: missing_file | not_audio | muted | ...
    interrupted: str = ""  # who ended it: stopped | preempted | shutdown
    error_event: bool = False
    output_error: bool = False  # the audio output complained in libVLC's log
    muted: bool = False  # the output stayed muted although told otherwise
    stalled: bool = False
    decoded: int = 0
    played: int = 0
    lost: int = 0
    wall_ms: int = 0  # first sample to last
    sounded_ms: int = 0  # of that, what was sound and not a hole in the file
    device_moved: bool = False  # the kernel's hw_ptr of the sound card advanced


@dataclass(frozen=True, slots=True)
class Verdict:
    result: str  # played | partial | failed | stopped
    evidence: str  # command | decoder | device | heard
    reason: str = ""


def judge(seen: Observed, signed_ms: int) -> Verdict:
    """signed_ms is the duration in the signed bulletin; 0 where nobody signed one (a chime)."""
    evidence = _evidence(seen)
    if seen.refused:
        return Verdict("failed", "command", seen.refused)
    if seen.interrupted:
        return Verdict("stopped", evidence, seen.interrupted)
    reason = _fault(seen, signed_ms)
    if not reason:
        return Verdict("played", evidence)
    return Verdict("partial" if seen.played else "failed", evidence, reason)


def weighed(verdict: Verdict, ear: str) -> Verdict:
    """What a microphone adds. A loudspeaker that nobody can hear has not played."""
    if verdict.result not in ("played", "partial"):
        return verdict
    match ear:
        case "heard":
            return replace(verdict, evidence="heard")
        case "not_heard":
            return replace(verdict, result="failed", reason="not_heard")
        case "unsure":
            return replace(verdict, reason=verdict.reason or "unsure")
        case _:
            return verdict


def _evidence(seen: Observed) -> str:
    if seen.played <= 0:
        return "command"
    return "device" if seen.device_moved else "decoder"


def _fault(seen: Observed, signed_ms: int) -> str:
    if seen.played <= 0:
        return _silence(seen)
    causes = (
        (seen.stalled, "stalled"),
        (seen.output_error, "output_error"),
        (seen.error_event, "decoder_error"),
        (seen.muted, "muted"),
        (seen.lost > 0, "lost_buffers"),
    )
    return next((reason for true, reason in causes if true), "") or _length(seen, signed_ms)


def _silence(seen: Observed) -> str:
    """Not one buffer reached the output: why?"""
    if seen.output_error or seen.decoded > 0 or seen.lost > 0:
        return "device_lost"
    return "stalled" if seen.stalled else "not_audio"


def _length(seen: Observed, signed_ms: int) -> str:
    """A file with a hole takes as long as a whole one, so what sounded is measured too."""
    if signed_ms <= 0:
        return ""
    slack = SLACK_MS + signed_ms * SLACK_PERCENT // 100
    if seen.wall_ms > signed_ms + slack:
        return "overrun"
    if seen.wall_ms < signed_ms - slack:
        return "truncated"
    return "lost_buffers" if seen.sounded_ms < signed_ms - slack else ""
