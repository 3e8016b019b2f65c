"""Somebody with the database file and time wants an act never to have happened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from fakes.people import SOME_DAY, a_commune, a_node
from loa_server.audit import chain, files
from loa_server.audit.book import head, record
from loa_server.audit.chain import Broken, Sound
from loa_server.audit.models import Entry
from loa_server.engine.echoes import compare_audit_heads
from loa_server.fleet.models import Node
from loa_server.ingest.models import Alarm

ACTS = 8


@pytest.fixture
def heads(database: Path) -> list[str]:
    """After each of eight acts: what beacons carried to the nodes."""
    kept = []
    for n in range(ACTS):
        record("approve", who="hung", subject=f"01B{n}", at=SOME_DAY)
        kept.append(head())
    connection.close()
    assert isinstance(files.check(database, kept), Sound)
    return kept


@pytest.mark.usefixtures("heads")
def test_an_act_is_erased_through_the_district_itself() -> None:
    """The database refuses, whoever asks by the programs' own road."""
    with pytest.raises(DatabaseError):
        Entry.objects.filter(seq=4).delete()
    with pytest.raises(DatabaseError):
        Entry.objects.filter(seq=4).update(line="{}")


@pytest.mark.usefixtures("heads")
def test_an_act_is_edited_in_the_file(database: Path) -> None:
    with past_the_triggers(database) as file, file:
        file.execute("UPDATE audit_entry SET line = replace(line, 'hung', 'lan') WHERE seq = 4")

    assert files.check(database) == Broken(4, "edited")
    rehash(database)  # and without the chain of hashes …
    assert isinstance(files.check(database), Sound)


@pytest.mark.usefixtures("heads")
def test_an_act_is_cut_out_of_the_middle(database: Path) -> None:
    with past_the_triggers(database) as file, file:
        file.execute("DELETE FROM audit_entry WHERE seq = 4")

    assert files.check(database) == Broken(4, "missing")


def test_the_tail_is_cut(database: Path, heads: list[str]) -> None:
    """The chain that is left is sound in itself: only a head that was kept elsewhere shows it."""
    with past_the_triggers(database) as file, file:
        file.execute("DELETE FROM audit_entry WHERE seq > 5")

    assert files.check(database, [heads[-1]]) == Broken(5, "head")
    assert isinstance(files.check(database), Sound)  # without the head, nothing shows


def test_the_whole_log_is_written_anew(database: Path, heads: list[str]) -> None:
    with past_the_triggers(database) as file, file:
        file.execute("UPDATE audit_entry SET line = replace(line, 'hung', 'lan') WHERE seq = 4")
    rehash(database)

    assert files.check(database, [heads[-1]]) == Broken(ACTS, "head")
    assert isinstance(files.check(database), Sound)


def test_a_hamlet_remembers_what_the_log_was(database: Path, heads: list[str]) -> None:
    """Nodes echo the head that a beacon told them: whoever rewrites the log must find them all."""
    node = a_node(a_commune(), "tq-01")
    Node.objects.filter(pk=node.pk).update(health={"audit_head": heads[-1]})
    compare_audit_heads(SOME_DAY)
    assert not Alarm.objects.exists()
    connection.close()
    with past_the_triggers(database) as file, file:
        file.execute("DELETE FROM audit_entry WHERE seq > 5")

    compare_audit_heads(SOME_DAY)

    assert list(Alarm.objects.values_list("node_id", "code")) == [("tq-01", "audit_head")]


def past_the_triggers(database: Path) -> closing[sqlite3.Connection]:
    file = sqlite3.connect(database)
    for trigger in ("stays", "remains", "follows"):
        file.execute(f"DROP TRIGGER IF EXISTS audit_entry_{trigger}")
    return closing(file)


def rehash(database: Path) -> None:
    """As whoever rewrites it would, from the first entry on."""
    with past_the_triggers(database) as file, file:
        before = chain.EMPTY
        for seq, line, _ in list(files.entries(file)):
            before = chain.link(before, chain.digest(line))
            file.execute("UPDATE audit_entry SET sha256 = ? WHERE seq = ?", (before, seq))
