"""The same promises as `apply`, kept by real tables: every row here went through SQL."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.reports import (
    AT,
    BULLETIN,
    EPOCH,
    NODE,
    a_fact,
    a_life,
    a_play,
    as_kept,
    health,
    journal,
    status,
)  # fmt: skip
from loa_server.ingest.writer import Taken, Writer, stamp
from parts.database import Table, a_bulletin, a_node, an_area, migrated

NOW = AT + 60_000


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = migrated(tmp_path_factory.mktemp("district"))
    table = Table(database)
    an_area(table)
    a_node(table, NODE)
    a_node(table, "tq-02")
    a_node(table, "tq-09", status="revoked")
    a_bulletin(table, BULLETIN)
    table.add(
        "dispatch_delivery", bulletin_id=BULLETIN, node_id=NODE, rev=1, state="expected", planned=2
    )
    table.close()
    return database


class District:
    """A copy of the template, a writer on it, and a second look at what it wrote."""

    def __init__(self, database: Path) -> None:
        self.writer = Writer(database)
        self.table = Table(database)

    def take(self, *arrivals: object) -> Taken:
        return self.writer.take(arrivals, NOW)  # type: ignore[arg-type]

    def line(self, node: str = NODE) -> tuple[object, ...]:
        query = "SELECT state, evidence, plays, planned, reason FROM dispatch_delivery"
        return self.table.rows(f"{query} WHERE bulletin_id = ? AND node_id = ?", BULLETIN, node)[0]

    def close(self) -> None:
        self.writer.close()
        self.table.close()


@pytest.fixture
def district(template: Path, tmp_path: Path) -> Iterator[District]:
    opened = District(Path(shutil.copy(template, tmp_path)))
    yield opened
    opened.close()


def test_a_life_of_a_bulletin_is_committed_in_one_batch(district: District) -> None:
    taken = district.take(journal(a_life()))

    assert district.line() == ("played", "device", 1, 2, "")
    assert taken.acks == {NODE: (EPOCH, 4)}
    assert district.table.one("SELECT COUNT(*) FROM ingest_storedfact") == 4
    assert district.table.rows("SELECT epoch, acked FROM fleet_node WHERE id = ?", NODE) == [
        (EPOCH, 4)
    ]


def test_facts_keep_their_own_bytes(district: District) -> None:
    sent = a_fact(1, "refused", reason="scope", of_a_later_version=[1, 2])

    district.take(journal([sent]))

    assert json.loads(district.table.one("SELECT raw FROM ingest_storedfact")) == sent


def test_the_same_batch_again_changes_no_row_and_wakes_no_page(district: District) -> None:
    district.take(journal(a_life()))
    before = district.table.rows("SELECT * FROM dispatch_delivery")

    again = district.take(journal(a_life()))

    assert district.table.rows("SELECT * FROM dispatch_delivery") == before
    assert (again.facts, again.acks) == (0, {NODE: (EPOCH, 4)})


def test_every_change_of_a_line_has_a_higher_seq(district: District) -> None:
    seqs = []
    for fact in a_life():
        district.take(journal([fact]))
        seqs.append(district.table.one("SELECT MAX(seq) FROM dispatch_delivery"))

    assert seqs == sorted(set(seqs))


def test_a_hole_is_remembered_between_batches(district: District) -> None:
    district.take(journal([a_fact(1)]))
    beyond = district.take(journal(a_play(3)))

    filled = district.take(journal([a_fact(2, "ready")]))

    assert (beyond.acks, filled.acks) == ({NODE: (EPOCH, 1)}, {NODE: (EPOCH, 4)})
    assert district.table.one("SELECT code FROM ingest_alarm") == "journal_gap"


def test_what_a_node_gave_up_is_remembered_between_batches(district: District) -> None:
    given_up = {**a_fact(5, "dropped_facts"), "from": 2, "to": 4}
    district.take(journal([given_up]))

    assert district.take(journal([a_fact(1)])).acks == {NODE: (EPOCH, 5)}


def test_the_same_number_with_other_bytes_raises_an_alarm_that_counts(district: District) -> None:
    district.take(journal([a_fact(1)]))
    for _ in range(3):
        district.take(journal([a_fact(1, "ready")]))

    assert district.table.rows("SELECT node_id, code, times FROM ingest_alarm") == [
        (NODE, "clone", 3)
    ]


def test_a_node_that_came_after_the_publication_gets_its_own_line(district: District) -> None:
    table = district.table
    revision = table.add("bulletins_revision", bulletin_id=BULLETIN, rev=1, author_id=1)
    table.add("dispatch_envelope", sha256="0" * 64, revision_id=revision)

    district.take(journal(a_life(), node="tq-02"))

    assert district.line("tq-02") == ("played", "device", 1, 2, "")


def test_a_bulletin_of_another_district_is_a_fact_and_not_a_line(district: District) -> None:
    district.take(journal([a_fact(1, bulletin="01JZ0000000000000000000009")]))

    assert district.table.one("SELECT COUNT(*) FROM ingest_storedfact") == 1
    assert district.table.one("SELECT COUNT(*) FROM dispatch_delivery") == 1


def test_a_correction_that_says_replay_counts_from_itself_on(district: District) -> None:
    district.take(journal(a_life()))
    body = b'{"replay":true}'
    district.table.add("bulletins_revision", bulletin_id=BULLETIN, rev=2, author_id=1, payload=body)
    district.table.db.execute("UPDATE dispatch_delivery SET rev = 2")

    district.take(journal([a_fact(5, rev=2)]))

    assert district.line() == ("accepted", "", 0, 2, "")


def test_status_and_health_are_the_nodes_latest(district: District) -> None:
    district.take(status(3, 7, online=True), health(every_s=900, software="0.1.0"))

    query = "SELECT boots, connects, online, boot, every_s, software, seen_at FROM fleet_node"
    assert district.table.rows(f"{query} WHERE id = ?", NODE) == [
        (3, 7, 1, "b3", 900, "0.1.0", stamp(NOW))
    ]
    stored = district.table.one("SELECT health FROM fleet_node WHERE id = ?", NODE)
    assert json.loads(stored)["every_s"] == 900


def test_what_ails_a_node_stands_in_its_row_until_it_says_that_it_is_well(
    district: District,
) -> None:
    ails = "SELECT ails FROM fleet_node WHERE id = ?"
    district.take(health(readings={"temperature_dc": 850}))
    hot = district.table.one(ails, NODE)
    district.take(status(3, 8, online=True))
    still = district.table.one(ails, NODE)
    district.take(health(readings={"temperature_dc": 480}))

    assert (hot, still, district.table.one(ails, NODE)) == (" hot ", " hot ", "")


def test_what_a_page_sifts_by_is_the_health_that_stands_beside_it(district: District) -> None:
    said = health(readings={"wifi_dbm": -90}, applied={"assignment": 3, "settings": 7})
    district.take(said)

    columns = as_kept(json.loads(said.payload))
    kept = f"SELECT {', '.join(list(columns)[1:])} FROM fleet_node WHERE id = ?"
    assert district.table.rows(kept, NODE) == [tuple(columns.values())[1:]]


def test_a_revoked_node_leaves_an_alarm_and_nothing_else(district: District) -> None:
    taken = district.take(journal(a_life(), node="tq-09"))

    assert (taken.facts, taken.acks) == (0, {})
    assert district.table.rows("SELECT node_id, code FROM ingest_alarm") == [
        ("tq-09", "revoked_speaks")
    ]


def test_a_year_no_database_knows_is_stored_as_the_last_one(district: District) -> None:
    district.take(journal([a_fact(1, at=2**53 - 1)]))

    assert district.table.one("SELECT at FROM ingest_storedfact").startswith("9999-12-31")


def test_a_database_that_cannot_be_written_changes_nothing(district: District) -> None:
    district.table.db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON ingest_alarm BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    broken = [journal([a_fact(1), {"fact": "received"}])]

    with pytest.raises(sqlite3.Error):
        district.take(*broken)

    assert district.table.one("SELECT COUNT(*) FROM ingest_storedfact") == 0
    assert district.take(journal([a_fact(1)])).acks == {NODE: (EPOCH, 1)}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_tables_end_the_same_in_whatever_order_facts_come(
    template: Path, tmp_path: Path, data: st.DataObject
) -> None:
    story = [*a_life(), *a_play(5, at=2, result="failed", reason="device_lost"), a_fact(7, "ready")]
    facts = data.draw(st.permutations(story))
    cut = data.draw(st.integers(0, len(facts)))
    opened = District(Path(shutil.copy(template, tmp_path / "again.sqlite3")))

    taken = [opened.take(journal(batch)) for batch in (facts[:cut], facts[cut:], facts[:cut])]

    assert taken[-1].acks == {NODE: (EPOCH, 7)}
    assert opened.line() == ("played", "device", 1, 2, "device_lost")
    opened.close()
