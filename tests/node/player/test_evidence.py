"""The rule of what may be called played, case by case and for anything at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_node.player.evidence import Observed, Verdict, judge, weighed

SIGNED_MS = 20_000
GOOD = Observed(decoded=254, played=126, lost=0, wall_ms=20_000, sounded_ms=20_000)


@pytest.mark.parametrize(
    ("seen", "result", "reason"),
    [
        pytest.param(GOOD, "played", "", id="good file"),
        pytest.param(Observed(refused="missing_file"), "failed", "missing_file", id="missing file"),
        pytest.param(Observed(wall_ms=10), "failed", "not_audio", id="random bytes, html, cut m4a"),
        pytest.param(
            replace(GOOD, wall_ms=8000, sounded_ms=8000),
            "partial",
            "truncated",
            id="cut mp3, opus, wav",
        ),
        pytest.param(replace(GOOD, lost=15), "partial", "lost_buffers", id="garbage in the middle"),
        pytest.param(
            replace(GOOD, sounded_ms=18_000), "partial", "lost_buffers", id="a hole in the middle"
        ),
        pytest.param(
            replace(GOOD, stalled=True, wall_ms=5000), "partial", "stalled", id="stall half way"
        ),
        pytest.param(Observed(stalled=True), "failed", "stalled", id="stall at once"),
        pytest.param(
            Observed(decoded=50, lost=4, wall_ms=20_000), "failed", "device_lost", id="no device"
        ),
        pytest.param(
            replace(GOOD, output_error=True), "partial", "output_error", id="sound server killed"
        ),
        pytest.param(replace(GOOD, muted=True), "partial", "muted", id="output stays muted"),
        pytest.param(
            replace(GOOD, error_event=True), "partial", "decoder_error", id="error half way"
        ),
        pytest.param(replace(GOOD, wall_ms=30_000), "partial", "overrun", id="far too slow"),
        pytest.param(
            replace(GOOD, interrupted="preempted"), "stopped", "preempted", id="pre-empted"
        ),
    ],
)
def test_each_fault_has_its_result_and_its_reason(seen: Observed, result: str, reason: str) -> None:
    verdict = judge(seen, SIGNED_MS)

    assert (verdict.result, verdict.reason) == (result, reason)


@pytest.mark.parametrize(
    ("wall_ms", "result"),
    [(18_899, "partial"), (18_900, "played"), (21_100, "played"), (21_101, "partial")],
)
def test_the_length_may_differ_by_half_a_second_and_three_percent(
    wall_ms: int, result: str
) -> None:
    assert judge(replace(GOOD, wall_ms=wall_ms), SIGNED_MS).result == result


def test_a_sound_of_unsigned_length_is_judged_without_it() -> None:
    assert judge(replace(GOOD, wall_ms=1, sounded_ms=1), 0) == Verdict("played", "decoder")


def test_the_kernels_word_that_samples_moved_is_the_better_evidence() -> None:
    assert judge(replace(GOOD, device_moved=True), SIGNED_MS).evidence == "device"


observations = st.builds(
    Observed,
    refused=st.sampled_from(["", "missing_file"]),
    interrupted=st.sampled_from(["", "stopped"]),
    error_event=st.booleans(),
    output_error=st.booleans(),
    muted=st.booleans(),
    stalled=st.booleans(),
    decoded=st.integers(0, 3),
    played=st.integers(0, 3),
    lost=st.integers(0, 1),
    wall_ms=st.integers(0, 30_000),
    sounded_ms=st.integers(0, 30_000),
    device_moved=st.booleans(),
)


@given(seen=observations, signed_ms=st.sampled_from([0, 2000, 20_000]))
def test_played_is_said_only_when_nothing_speaks_against_it(seen: Observed, signed_ms: int) -> None:
    verdict = judge(seen, signed_ms)

    if verdict.result == "played":
        slack = 500 + signed_ms * 0.03
        assert seen.played > 0
        assert seen.lost == 0
        assert not any((seen.refused, seen.interrupted, seen.stalled, seen.muted))
        assert not any((seen.error_event, seen.output_error))
        assert signed_ms == 0 or abs(seen.wall_ms - signed_ms) <= slack
        assert signed_ms == 0 or seen.sounded_ms >= signed_ms - slack
    assert (verdict.reason == "") == (verdict.result == "played")


@given(seen=observations, signed_ms=st.sampled_from([0, 20_000]))
def test_evidence_of_sound_is_never_claimed_for_what_did_not_sound(
    seen: Observed, signed_ms: int
) -> None:
    verdict = judge(seen, signed_ms)

    if seen.played == 0:
        assert verdict.evidence == "command"
        assert verdict.result in ("failed", "stopped")
    if verdict.evidence == "device":
        assert seen.device_moved


PLAYED = Verdict("played", "device")
CUT_SHORT = Verdict("partial", "device", "truncated")


@pytest.mark.parametrize(
    ("said", "ear", "after"),
    [
        (PLAYED, "heard", Verdict("played", "heard")),
        (PLAYED, "not_heard", Verdict("failed", "device", "not_heard")),
        (PLAYED, "unsure", Verdict("played", "device", "unsure")),
        (PLAYED, "no_mic", PLAYED),
        (PLAYED, "", PLAYED),
        (CUT_SHORT, "heard", Verdict("partial", "heard", "truncated")),
        (CUT_SHORT, "unsure", CUT_SHORT),
        (Verdict("failed", "command", "device_lost"), "heard", None),
        (Verdict("stopped", "device", "stopped"), "not_heard", None),
    ],
)
def test_what_a_microphone_adds(said: Verdict, ear: str, after: Verdict | None) -> None:
    assert weighed(said, ear) == (after or said)


@pytest.mark.parametrize("result", ["played", "partial", "failed", "stopped"])
def test_what_nobody_heard_is_never_called_played(result: str) -> None:
    assert weighed(Verdict(result, "device"), "not_heard").result not in ("played", "partial")
