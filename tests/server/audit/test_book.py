"""The audit log on a real SQLite file."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from fakes.people import SOME_DAY
from loa_server.audit import chain
from loa_server.audit.book import LONGEST, head, holds, last, record
from loa_server.audit.chain import Head, Sound
from loa_server.audit.models import Entry

pytestmark = pytest.mark.usefixtures("database")


def rows() -> list[chain.Row]:
    return [
        chain.row(*e) for e in Entry.objects.order_by("seq").values_list("seq", "line", "sha256")
    ]


def write_many(name: str, count: int) -> None:
    for n in range(count):
        record("try", who=name, subject=str(n), at=SOME_DAY)
    connection.close()


def test_an_act_is_a_line_and_the_columns_are_read_out_of_it() -> None:
    record(
        "approve", who="hung", subject="01B", detail={"n": 1, "vi": "ấp"}, at=SOME_DAY, place="/a/"
    )

    entry = Entry.objects.get()
    assert json.loads(entry.line) == {
        "n": 1,
        "at": "2026-01-05T01:00:00.000000Z",
        "who": "hung",
        "verb": "approve",
        "subject": "01B",
        "place": "/a/",
        "detail": {"n": 1, "vi": "ấp"},
    }
    assert (entry.seq, entry.who, entry.verb, entry.place) == (1, "hung", "approve", "/a/")
    assert entry.at == "2026-01-05T01:00:00.000000Z"


def test_each_line_follows_from_the_one_before() -> None:
    assert (head(), last()) == ("", Head())

    write_many("lan", 5)

    assert chain.verify(rows()) == Sound(last())
    assert last() == Head(5, head())


def test_a_head_is_known_for_ever() -> None:
    write_many("lan", 2)
    kept = head()
    write_many("lan", 2)

    assert holds(kept)
    assert holds("")
    assert not holds("ab" * 32)


def test_an_act_that_is_undone_was_never_said() -> None:
    with suppress(ValueError), transaction.atomic():
        record("approve", who="hung", at=SOME_DAY)
        raise ValueError

    assert last() == Head()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET line = replace(line, 'lan', 'hung')",
        "DELETE FROM audit_entry WHERE seq = 3",
        "DELETE FROM audit_entry",
        "INSERT OR REPLACE INTO audit_entry (seq, line, sha256) VALUES (2, '{}', 'x')",
        "INSERT INTO audit_entry (seq, line, sha256) VALUES (9, '{}', 'x')",
        "INSERT INTO audit_entry (line, sha256) SELECT line, sha256 FROM audit_entry",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(statement: str) -> None:
    write_many("lan", 3)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert (chain.verify(rows()), last().seq) == (Sound(last()), 3)


def test_django_cannot_change_the_log_either() -> None:
    write_many("lan", 2)

    with pytest.raises(IntegrityError):
        Entry.objects.filter(seq=1).update(line="{}")
    with pytest.raises(IntegrityError):
        Entry.objects.all().delete()


def test_two_processes_at_once_make_one_chain() -> None:
    connection.close()
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=write_many, args=(name, 40)) for name in ("lan", "hung")]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0]
    assert chain.verify(rows()) == Sound(last())
    assert last().seq == 80
    assert {Entry.objects.filter(who=name).count() for name in ("lan", "hung")} == {40}


def test_hostile_words_are_kept_as_words() -> None:
    name = 'lan","verb":"approve"}\n\x00\ud800' + "x" * (LONGEST * 2)

    record("sign_in_failed", who=name[:40], detail={"name": name}, at=SOME_DAY)

    entry = Entry.objects.get()
    assert entry.verb == "sign_in_failed"
    assert len(json.loads(entry.line)["detail"]["name"]) == LONGEST
    assert chain.verify(rows()) == Sound(last())


def test_the_head_is_read_from_the_end_of_an_index(database: Path) -> None:
    with closing(sqlite3.connect(database)) as file:
        query = Entry.objects.order_by("-seq").values_list("seq", "sha256")[:1].query
        plan = " ".join(row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {query}"))

    assert "TEMP B-TREE" not in plan


def test_the_newest_entries_of_a_place_are_found_without_sorting_the_log() -> None:
    newest = Entry.objects.filter(place__gte="/vn-75/", place__lt="/vn-75/~").order_by("-seq")[:51]

    assert "TEMP B-TREE" not in newest.explain()
