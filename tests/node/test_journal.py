"""What the journal says of every occurrence."""

from __future__ import annotations

from typing import Any

import pytest

from loa_node.facts import Stamp, a_fact, stamped
from loa_node.journal import NOTHING, acknowledged, broken_off, without_replayed
from loa_wire.up import Fact


def fact(name: Any, occurrence: str = "b/0", boot: str = "b1", **fields: Any) -> Fact:
    made = a_fact(name, occurrence=occurrence, bulletin="b", rev=1, **fields)
    return stamped(made, Stamp(5, "synced", boot, 7))


def test_a_fact_is_stamped_with_time_clock_and_boot() -> None:
    made = fact("started")

    assert (made.at, made.clock, made.boot, made.mono) == (5, "synced", "b1", 7)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (fact("ended", result="played"), "played"),
        (fact("ended", result="partial"), "partial"),
        (fact("missed", reason="late"), "missed"),
        (fact("stopped"), "stopped"),
        (fact("skipped"), "skipped"),
    ],
)
def test_every_end_is_an_outcome(end: Fact, outcome: str) -> None:
    past = NOTHING.with_facts([fact("started"), end])

    assert past.outcomes == {"b/0": outcome}
    assert past.begun == {}


def test_a_preempted_one_still_owes_its_end() -> None:
    past = NOTHING.with_facts([fact("started"), fact("preempted")])

    assert list(past.begun) == ["b/0"]
    assert past.outcomes == {}


def test_facts_about_no_occurrence_change_nothing() -> None:
    assert NOTHING.with_facts([a_fact("received", bulletin="b")]) == NOTHING


def test_what_began_in_another_boot_was_broken_off_by_the_power_else_by_a_crash() -> None:
    past = NOTHING.with_facts(
        [fact("started", "b/0", boot="b0"), fact("started", "c/0", boot="b1")]
    )

    ends = {end.occurrence: end.reason for end in broken_off(past, "b1")}

    assert ends == {"b/0": "power", "c/0": "crash"}
    assert {end.result for end in broken_off(past, "b1")} == {"partial"}


def test_a_revision_that_starts_again_forgets_what_older_ones_played() -> None:
    old, new = fact("ended", result="played"), fact("ended", "b/9", result="played")
    new = Fact(**{**{f: getattr(new, f) for f in Fact.__struct_fields__}, "rev": 2})

    assert without_replayed([old, new], {"b": 2}) == [new]
    assert without_replayed([old, new], {}) == [old, new]


def test_an_ack_counts_only_for_its_own_epoch_and_may_go_down() -> None:
    assert acknowledged("e1", 9, "e1", 5) == 5
    assert acknowledged("e1", 9, "e1", 0) == 0
    assert acknowledged("e1", 9, "e1", 99) == 9
    assert acknowledged("e1", 9, "e2", 5) is None


def an_end(n: int, reason: str | None, bulletin: str = "a", rev: int = 1) -> Fact:
    occurrence = f"{bulletin}/{n}"
    result = "played" if reason is None else "failed"
    return a_fact(
        "ended", bulletin=bulletin, rev=rev, occurrence=occurrence, outlet="sound",
        result=result, reason=reason,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "poison"),
    [
        ([("crash", "a")] * 3, ("a", 1)),
        ([("player_restarted", "a")] * 2 + [("crash", "a")], ("a", 1)),
        ([("crash", "a")] * 2, None),
        ([("crash", "a"), (None, "a"), ("crash", "a"), ("crash", "a")], None),
        ([("crash", "a"), ("crash", "b"), ("crash", "a"), ("crash", "a")], None),
        ([("crash", "b"), ("crash", "a"), ("crash", "a"), ("crash", "a")], ("a", 1)),
        ([("power", "a")] * 9, None),
        ([("crash", "a"), ("power", "a"), ("crash", "a"), ("crash", "a")], ("a", 1)),
        ([("no_player", "a")] * 9, None),
    ],
)
def test_what_breaks_a_program_off_three_times_is_poison(
    ends: list[tuple[str | None, str]], poison: tuple[str, int] | None
) -> None:
    past = NOTHING.with_facts(an_end(n, reason, b) for n, (reason, b) in enumerate(ends))

    assert past.poison() == poison
