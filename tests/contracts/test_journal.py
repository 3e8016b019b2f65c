"""What every JournalStore must do. Runs on the fake and on SQLite, so the fake cannot lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes.journal import FakeJournal
from fakes.wire import DAY, NOW
from loa_node.adapters.sqlite_file import open_checked
from loa_node.adapters.sqlite_journal import SqliteJournal
from loa_node.facts import Stamp, a_fact, stamped
from loa_node.journal import JournalStore
from loa_wire.up import Fact


def on_card(folder: Path) -> SqliteJournal:
    return SqliteJournal(open_checked(folder / "journal.sqlite").db)


MAKERS: dict[str, Callable[[Path], JournalStore]] = {
    "fake": lambda _: FakeJournal(),
    "sqlite": on_card,
}


@pytest.fixture(params=sorted(MAKERS))
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> JournalStore:
    return MAKERS[request.param](tmp_path)


def fact(name: Any = "received", at: int = NOW, clock: Any = "synced", **fields: Any) -> Fact:
    return stamped(a_fact(name, **fields), Stamp(at, clock, "b1", 5))


def seqs(journal: JournalStore, after: int = 0) -> list[int]:
    return [entry.seq for entry in journal.after(after, 1000)]


def test_facts_are_numbered_from_one_without_gaps(journal: JournalStore) -> None:
    journal.append([fact(), fact()])
    journal.append([fact()])

    assert (seqs(journal), journal.last) == ([1, 2, 3], 3)


def test_a_stored_fact_says_its_own_number(journal: JournalStore) -> None:
    journal.append([fact(), fact("ready", bulletin="b", rev=2)])

    read = [msgspec.json.decode(e.data, type=Fact) for e in journal.after(0, 10)]

    assert [(f.seq, f.fact) for f in read] == [(1, "received"), (2, "ready")]
    assert read[1].bulletin == "b"


def test_reading_goes_on_after_a_number_and_ends_at_the_limit(journal: JournalStore) -> None:
    journal.append([fact() for _ in range(5)])

    assert [e.seq for e in journal.after(2, 2)] == [3, 4]
    assert journal.after(5, 10) == []


def test_nothing_is_acknowledged_at_first_and_the_mark_may_go_down(journal: JournalStore) -> None:
    assert journal.acked == 0
    journal.append([fact() for _ in range(5)])

    journal.acknowledge(4)
    journal.acknowledge(2)

    assert journal.acked == 2


def test_facts_of_occurrences_come_back_in_order(journal: JournalStore) -> None:
    journal.append([fact("started", occurrence="b/0"), fact(), fact("ended", occurrence="b/0")])

    assert [f.fact for f in journal.of_occurrences()] == ["started", "ended"]


def test_only_old_acknowledged_facts_are_pruned(journal: JournalStore) -> None:
    journal.append([fact(at=NOW - 3 * DAY), fact(at=NOW - 2 * DAY), fact(at=NOW)])
    journal.acknowledge(1)

    assert journal.prune(NOW - DAY, most=100) is None
    assert seqs(journal) == [2, 3]


def test_facts_from_a_time_without_a_clock_go_only_with_younger_ones(journal: JournalStore) -> None:
    journal.append([fact(at=5, clock="floor"), fact(at=NOW), fact(at=5, clock="unknown")])
    journal.acknowledge(3)

    journal.prune(NOW - DAY, most=100)
    assert seqs(journal) == [1, 2, 3]

    journal.prune(NOW + 1, most=100)
    assert seqs(journal) == [3]


def test_above_the_most_it_can_hold_the_oldest_go_and_the_lost_are_named(
    journal: JournalStore,
) -> None:
    journal.append([fact() for _ in range(10)])
    journal.acknowledge(2)

    lost = journal.prune(0, most=6)

    assert (lost, seqs(journal)) == ((3, 4), [5, 6, 7, 8, 9, 10])


def test_a_number_is_never_used_twice(journal: JournalStore) -> None:
    journal.append([fact(at=NOW - DAY), fact(at=NOW - DAY)])
    journal.acknowledge(2)
    journal.prune(NOW, most=100)

    journal.append([fact()])

    assert seqs(journal) == [3]


# what only a card can do


def test_everything_is_there_again_after_a_power_cut(tmp_path: Path) -> None:
    before = on_card(tmp_path)
    before.append([fact(), fact()])
    before.acknowledge(1)

    after = on_card(tmp_path)

    assert (after.epoch, after.last, after.acked) == (before.epoch, 2, 1)
    assert after.after(0, 10) == before.after(0, 10)
    assert not after.fresh


def test_a_pruned_number_is_not_used_again_after_a_restart(tmp_path: Path) -> None:
    before = on_card(tmp_path)
    before.append([fact(at=NOW - DAY)])
    before.acknowledge(1)
    before.prune(NOW, most=100)

    after = on_card(tmp_path)
    after.append([fact()])

    assert seqs(after) == [2]


def test_a_new_file_is_a_new_epoch(tmp_path: Path) -> None:
    first, second = on_card(tmp_path / "a"), on_card(tmp_path / "b")

    assert first.fresh
    assert first.epoch != second.epoch
