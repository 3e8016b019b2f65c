"""Nodes that refuse more in an hour than accidents explain."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fakes.people import SOME_DAY, a_commune, a_node
from loa_server.engine.forgeries import CODE, MANY, WINDOW, tell_of_forgeries
from loa_server.fleet.models import Node
from loa_server.ingest.models import Alarm, StoredFact

pytestmark = pytest.mark.usefixtures("database")


def refusals(node: Node, count: int, reason: str = "signature", at: datetime = SOME_DAY) -> None:
    first = StoredFact.objects.count() + 1
    StoredFact.objects.bulk_create(
        StoredFact(
            node=node, epoch="e1", seq=seq, received_at=at, at=at, clock="synced", boot="b1",
            fact="refused", reason=reason, raw=b"{}",
        )
        for seq in range(first, first + count)
    )  # fmt: skip


@pytest.fixture
def node() -> Node:
    """In the district's database, which every test here asks for."""
    return a_node(a_commune(), "tq-01")


def test_a_few_bad_messages_are_an_accident(node: Node) -> None:
    refusals(node, MANY)

    tell_of_forgeries(SOME_DAY)

    assert not Alarm.objects.exists()


def test_more_than_ten_in_an_hour_are_not(node: Node) -> None:
    refusals(node, MANY + 1)

    tell_of_forgeries(SOME_DAY)

    alarm = Alarm.objects.get()
    assert (alarm.node_id, alarm.code, alarm.detail) == (node.pk, CODE, str(MANY + 1))


def test_they_are_counted_over_one_hour_only(node: Node) -> None:
    refusals(node, MANY, at=SOME_DAY - WINDOW - timedelta(seconds=1))
    refusals(node, MANY)

    tell_of_forgeries(SOME_DAY)

    assert not Alarm.objects.exists()


@pytest.mark.parametrize("reason", ["known", "rollback", "expired", "no_proof", "not_here"])
def test_what_time_and_order_do_to_honest_messages_is_no_forgery(node: Node, reason: str) -> None:
    refusals(node, MANY * 3, reason)

    tell_of_forgeries(SOME_DAY)

    assert not Alarm.objects.exists()


def test_it_is_said_again_each_hour_for_as_long_as_it_goes_on(node: Node) -> None:
    for hour in range(3):
        for minute in (0, 20, 40):
            now = SOME_DAY + timedelta(hours=hour, minutes=minute)
            refusals(node, MANY, at=now)
            tell_of_forgeries(now)

    alarm = Alarm.objects.get()
    assert alarm.times == 3
