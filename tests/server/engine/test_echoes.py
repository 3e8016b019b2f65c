"""Heads that nodes echo, against the audit log as it is now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from fakes.people import SOME_DAY, a_commune, a_node
from loa_server.audit.book import head, record
from loa_server.engine.echoes import compare_audit_heads
from loa_server.fleet.models import Node
from loa_server.ingest.models import Alarm

pytestmark = pytest.mark.usefixtures("database")
LATER = SOME_DAY + timedelta(hours=2)


def a_node_that_echoes(said: str, name: str = "tq-01") -> None:
    commune = Node.objects.first()
    area = commune.area if commune else a_commune()
    node = a_node(area, name)
    Node.objects.filter(pk=node.pk).update(health={"audit_head": said})


def some_acts(*verbs: str) -> list[str]:
    """The heads after each."""
    heads = []
    for verb in verbs:
        record(verb, who="bientap", at=SOME_DAY)
        heads.append(head())
    return heads


def cut(last: int) -> None:
    """As whoever owns the file can do it."""
    with connection.cursor() as cursor:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in cursor.execute(triggers).fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute("DELETE FROM audit_entry WHERE seq > %s", [last])


def test_an_older_head_of_the_same_log_is_no_news() -> None:
    first, _ = some_acts("submit", "approve")
    a_node_that_echoes(first)

    compare_audit_heads(SOME_DAY)

    assert not Alarm.objects.exists()


def test_a_log_that_was_cut_after_a_node_heard_of_it_raises_the_alarm() -> None:
    *_, last = some_acts("submit", "approve")
    a_node_that_echoes(last)
    cut(1)

    compare_audit_heads(SOME_DAY)

    alarm = Alarm.objects.get()
    assert (alarm.node_id, alarm.code, alarm.times) == ("tq-01", "audit_head", 1)
    assert last in alarm.detail


def test_a_log_that_was_written_anew_raises_the_alarm() -> None:
    *_, last = some_acts("submit", "approve")
    a_node_that_echoes(last)
    cut(1)
    some_acts("withdraw", "submit")

    compare_audit_heads(SOME_DAY)

    assert Alarm.objects.filter(code="audit_head").exists()


def test_it_is_counted_once_an_hour_and_not_at_every_look() -> None:
    a_node_that_echoes("ab" * 32)

    for now in (SOME_DAY, SOME_DAY + timedelta(seconds=20), LATER):
        compare_audit_heads(now)

    assert Alarm.objects.get().times == 2


def test_nodes_that_have_heard_no_beacon_say_nothing() -> None:
    a_node_that_echoes("")
    a_node(Node.objects.get().area, "tq-02")

    compare_audit_heads(SOME_DAY)

    assert not Alarm.objects.exists()
