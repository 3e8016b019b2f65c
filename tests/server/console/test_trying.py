"""The buttons of a node's page that reach the node, and what its answer says there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from fakes.people import a_person
from fakes.town import Town
from loa_server.areas.models import Person, Role
from loa_server.audit.models import Entry
from loa_server.dispatch.models import Intent, NodeOrder
from loa_server.fleet.models import Node
from loa_server.ingest.models import StoredFact

Seat = Callable[[Person | None], Client]


@pytest.fixture
def technician(town: Town) -> Person:
    """Of the commune where node-1 stands, which is online."""
    now = datetime.now(UTC)
    Node.objects.filter(pk="node-1").update(seen_at=now, online=True, boot="b1", ticket="t1")
    return a_person("ky.thuat", (Role.TECHNICIAN, town.commune))


def answered(result: str, reason: str = "", ticket: str = "t1") -> None:
    now = datetime.now(UTC)
    StoredFact.objects.create(
        node_id="node-1", epoch="e", seq=1, received_at=now, at=now, clock="synced", boot="b1",
        fact="obeyed", occurrence=ticket, result=result, reason=reason, raw=b"{}",
    )  # fmt: skip


def tried(client: Client) -> str:
    return client.get("/fleet/node-1/order").content.decode()


def test_two_presses_are_all_it_takes(technician: Person, seat: Seat) -> None:
    client = seat(technician)
    assert 'value="test_tone"' in client.get("/fleet/node-1").content.decode()

    answer = client.post("/fleet/node-1/order", {"verb": "test_tone"})

    assert answer["Location"] == "/fleet/node-1#try"
    row = NodeOrder.objects.get()
    assert (row.verb, row.person, row.ticket) == ("test_tone", technician, "t1")
    assert Intent.objects.filter(what="order", node_id="node-1").exists()
    assert "node_order" in str(Entry.objects.latest("seq").line)
    assert "Đang gửi" in client.get("/fleet/node-1").content.decode()


def test_the_page_asks_on_until_the_node_has_answered(technician: Person, seat: Seat) -> None:
    client = seat(technician)
    client.post("/fleet/node-1/order", {"verb": "test_tone"})
    NodeOrder.objects.update(sent_at=datetime.now(UTC))
    waiting = tried(client)

    answered("played")

    assert "chờ điểm phát trả lời" in waiting
    assert "hx-trigger" in waiting
    assert "Loa đã kêu một tiếng" in tried(client)
    assert "hx-trigger" not in tried(client)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("busy", "loa đang phát"),
        ("quiet_hours", "đang trong giờ yên lặng"),
        ("no_player", "Bộ phát âm thanh không chạy"),
        ("a_reason_of_tomorrow", "a_reason_of_tomorrow"),
    ],
)
def test_why_it_was_not_done_is_said_in_words(
    reason: str, said: str, technician: Person, seat: Seat
) -> None:
    client = seat(technician)
    client.post("/fleet/node-1/order", {"verb": "test_tone"})

    answered("failed", reason)

    assert said in tried(client)


def test_another_tickets_answer_is_not_this_ones(technician: Person, seat: Seat) -> None:
    client = seat(technician)
    client.post("/fleet/node-1/order", {"verb": "test_tone"})

    answered("played", ticket="t0")

    assert "Loa đã kêu" not in tried(client)


def test_no_answer_is_no_success(technician: Person, seat: Seat) -> None:
    client = seat(technician)
    client.post("/fleet/node-1/order", {"verb": "restart"})
    NodeOrder.objects.update(at=datetime.now(UTC) - timedelta(minutes=20))

    assert "Không thấy trả lời" in tried(client)
    assert "hx-trigger" not in tried(client)


def test_what_the_signer_refused_is_said(technician: Person, seat: Seat) -> None:
    client = seat(technician)
    client.post("/fleet/node-1/order", {"verb": "restart"})
    NodeOrder.objects.update(error="ticket: the node has another ticket by now")

    assert "vừa khởi động lại" in tried(client)


def test_a_node_that_is_away_has_no_buttons_and_takes_no_order(
    technician: Person, seat: Seat
) -> None:
    Node.objects.filter(pk="node-1").update(online=False)
    client = seat(technician)

    answer = client.post("/fleet/node-1/order", {"verb": "test_tone"})

    assert "chưa thử được" in client.get("/fleet/node-1").content.decode()
    assert answer.status_code == 422
    assert "mất kết nối" in answer.content.decode()
    assert not NodeOrder.objects.exists()


def test_who_may_not_sees_no_buttons_and_a_stranger_no_page(
    technician: Person, town: Town, seat: Seat
) -> None:
    del technician
    page = seat(town.author).get("/fleet/node-1").content.decode()

    assert "test_tone" not in page
    assert seat(town.author).post("/fleet/node-1/order", {"verb": "restart"}).status_code == 422
    assert seat(town.stranger).post("/fleet/node-1/order", {"verb": "restart"}).status_code == 404
    assert not NodeOrder.objects.exists()
