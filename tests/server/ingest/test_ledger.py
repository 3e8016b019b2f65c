from __future__ import annotations

import pytest

from loa_server.ingest.ledger import Expected, LedgerFact, Line, line

ONCE = Expected(rev=1)


def a(seq: int, fact: str, occurrence: str = "", **more: object) -> LedgerFact:
    values = {"epoch": "e1", "at": seq, "clock": "synced", "rev": 1, **more}
    return LedgerFact(seq=seq, fact=fact, occurrence=occurrence, **values)  # type: ignore[arg-type]


def test_silence_is_never_failure() -> None:
    assert line([], ONCE) == Line(state="expected")


def test_a_refusal_says_why() -> None:
    told = line([a(1, "refused", reason="no_proof")], ONCE)

    assert (told.state, told.reason) == ("refused", "no_proof")


def test_what_was_refused_and_then_kept_is_accepted() -> None:
    told = line([a(1, "refused", reason="no_proof"), a(2, "received")], ONCE)

    assert (told.state, told.reason) == ("accepted", "")


def test_a_download_that_fails_leaves_it_accepted_and_says_why() -> None:
    told = line([a(1, "received"), a(2, "media_failed", reason="no_room")], ONCE)

    assert (told.state, told.reason) == ("accepted", "no_room")


@pytest.mark.parametrize("result", ["played", "partial", "failed"])
def test_an_end_is_what_it_was_proved_to_be(result: str) -> None:
    facts = [a(1, "started", "o"), a(2, "ended", "o", result=result, evidence="decoder")]

    told = line(facts, ONCE)

    assert (told.state, told.evidence) == (result, "decoder")
    assert told.plays == (result == "played")


def test_one_occurrence_counts_once_with_the_best_that_was_proved() -> None:
    facts = [
        a(1, "ended", "o", result="partial", evidence="command", reason="power"),
        a(2, "ended", "o", result="played", evidence="device"),
        a(3, "ended", "o", result="failed", evidence="command", reason="device_lost"),
    ]

    told = line(facts, ONCE)

    assert told == Line(state="played", evidence="device", plays=1)


def test_evidence_is_what_every_counted_play_reached() -> None:
    facts = [
        a(1, "ended", "o1", result="played", evidence="heard"),
        a(2, "ended", "o2", result="played", evidence="decoder"),
    ]

    told = line(facts, Expected(rev=1, planned=2))

    assert (told.plays, told.evidence) == (2, "decoder")


def test_a_missed_occurrence_does_not_hide_that_another_was_heard() -> None:
    facts = [
        a(1, "ended", "o1", result="played", evidence="device"),
        a(2, "missed", "o2", reason="no_clock"),
    ]

    told = line(facts, Expected(rev=1, planned=2))

    assert (told.state, told.plays, told.reason) == ("played", 1, "no_clock")


def test_nothing_but_misses_is_missed() -> None:
    told = line([a(1, "received"), a(2, "missed", "o", reason="late")], ONCE)

    assert (told.state, told.reason, told.first_sound_at) == ("missed", "late", None)


def test_what_is_stopped_while_it_sounds_was_heard_in_part() -> None:
    told = line([a(1, "started", "o"), a(2, "stopped", "o", reason="recalled")], ONCE)

    assert (told.state, told.reason, told.first_sound_at) == ("partial", "recalled", 1)


def test_what_is_stopped_before_it_sounds_was_missed() -> None:
    told = line([a(1, "received"), a(2, "stopped", "o", reason="recalled")], ONCE)

    assert (told.state, told.reason) == ("missed", "recalled")


def test_what_an_emergency_broke_off_waits_again() -> None:
    told = line([a(1, "ready"), a(2, "started", "o"), a(3, "preempted", "o")], ONCE)

    assert (told.state, told.reason) == ("ready", "preempted")


def test_a_correction_is_expected_anew_and_keeps_the_count_of_plays() -> None:
    facts = [a(1, "received"), a(2, "ended", "o", result="played", evidence="device")]

    told = line(facts, Expected(rev=2, counts_from=1))

    assert (told.state, told.plays) == ("expected", 1)


def test_a_correction_that_came_and_need_not_sound_again_is_played() -> None:
    facts = [
        a(1, "ended", "o", result="played", evidence="device"),
        a(2, "received", rev=2),
    ]

    told = line(facts, Expected(rev=2, counts_from=1))

    assert (told.state, told.plays) == ("played", 1)


def test_a_correction_that_was_refused_is_refused_whatever_was_heard_before() -> None:
    facts = [
        a(1, "ended", "o", result="played", evidence="device"),
        a(2, "refused", rev=2, reason="scope"),
    ]

    told = line(facts, Expected(rev=2, counts_from=1))

    assert (told.state, told.reason, told.plays) == ("refused", "scope", 1)


def test_a_correction_that_says_replay_starts_its_count_again() -> None:
    facts = [
        a(1, "ended", "o", result="played", evidence="device"),
        a(2, "received", rev=2),
    ]

    told = line(facts, Expected(rev=2, counts_from=2))

    assert (told.state, told.plays, told.evidence) == ("accepted", 0, "")


def test_a_clock_that_nobody_may_trust_gives_no_time_of_first_sound() -> None:
    facts = [a(1, "started", "o", clock="unknown"), a(2, "ended", "o", result="played")]

    assert line(facts, ONCE).first_sound_at is None


def test_an_end_of_a_kind_this_version_does_not_know_is_no_success() -> None:
    assert line([a(1, "ended", "o", result="sung")], ONCE).state == "failed"
