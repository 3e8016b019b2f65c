from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.reports import BULLETIN, NODE
from loa_server.engine.jobs import (
    EVERY_MS,
    FACTS_KEPT,
    MESSAGES_KEPT,
    Jobs,
    end_bulletins,
    prune_facts,
    prune_messages,
)
from parts.database import Table, a_bulletin, a_node, an_area

NOW = datetime(2028, 6, 1, tzinfo=UTC)
MS = round(NOW.timestamp() * 1000)


@pytest.fixture
def table(database: Path) -> Table:
    made = Table(database)
    an_area(made)
    a_node(made, NODE)
    return made


def at(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ")


def an_item(table: Table, exp: int) -> None:
    row = {"area_id": "vn-25351", "bulletin_id": BULLETIN, "rev": 1, "exp": exp}
    table.add("dispatch_manifestitem", sha256="0" * 64, **row)


@pytest.mark.parametrize(("exp", "state"), [(MS + 1, "published"), (MS, "ended")])
def test_a_bulletin_ends_when_its_last_moment_has_passed(
    table: Table, exp: int, state: str
) -> None:
    a_bulletin(table, BULLETIN)
    an_item(table, exp)

    end_bulletins(NOW)

    assert table.one("SELECT state FROM bulletins_bulletin") == state
    verbs = table.rows("SELECT verb FROM bulletins_act")
    assert verbs == ([("ended",)] if state == "ended" else [])


@pytest.mark.parametrize("state", ["draft", "submitted", "approved", "recalled"])
def test_only_what_was_published_can_end(table: Table, state: str) -> None:
    a_bulletin(table, BULLETIN, state=state)

    end_bulletins(NOW)

    assert table.one("SELECT state FROM bulletins_bulletin") == state


def test_messages_that_were_sent_long_ago_go_and_others_stay(table: Table) -> None:
    old, fresh = NOW - MESSAGES_KEPT - timedelta(hours=1), NOW - timedelta(hours=1)
    for name, sent in (("old", at(old)), ("fresh", at(fresh)), ("unsent", None)):
        table.add("dispatch_message", topic=name, made_at=at(old), sent_at=sent)

    prune_messages(NOW)

    assert table.rows("SELECT topic FROM dispatch_message ORDER BY id") == [("fresh",), ("unsent",)]


def test_facts_are_kept_two_years(table: Table) -> None:
    old, fresh = NOW - FACTS_KEPT - timedelta(days=1), NOW - FACTS_KEPT + timedelta(days=1)
    for seq, received in ((1, old), (2, fresh)):
        row = {"node_id": NODE, "epoch": "e1", "seq": seq, "received_at": at(received)}
        table.add("ingest_storedfact", **row)

    prune_facts(NOW)

    assert table.rows("SELECT seq FROM ingest_storedfact") == [(2,)]


def test_jobs_take_turns_in_pieces_and_rest_between_rounds() -> None:
    done: list[str] = []
    left = [True, True, False]

    def long(_now: datetime) -> bool:
        done.append("long")
        return left.pop(0)

    def short(_now: datetime) -> bool:
        done.append("short")
        return False

    jobs = Jobs([long, short])
    while jobs.work_once(MS):
        continue
    assert done == ["long", "long", "long", "short"]
    assert not jobs.work_once(MS + EVERY_MS - 1)

    left.append(False)
    jobs.work_once(MS + EVERY_MS)

    assert done[4:] == ["long"]
