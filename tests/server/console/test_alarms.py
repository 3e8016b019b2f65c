"""What the engine raised about a node, where staff look at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fakes.people import a_person
from fakes.town import Town
from loa_server.areas.models import Person, Role
from loa_server.audit.models import Entry
from loa_server.console.alarms import NEXT, SAID
from loa_server.fleet.models import AlarmAnswer
from loa_server.ingest.alarming import raise_alarm
from loa_server.ingest.models import Alarm

Seat = Callable[..., Client]


@pytest.fixture
def technician(town: Town) -> Person:
    return a_person("ky-thuat", (Role.TECHNICIAN, town.commune))


def raised(code: str, at: datetime | None = None) -> None:
    when = at or timezone.now()
    Alarm.objects.create(node_id="node-1", code=code, detail="37", first_at=when, last_at=when)


@pytest.mark.parametrize("address", ["/fleet/", "/fleet/node-1"])
def test_staff_of_the_place_read_that_orders_may_be_forged(
    address: str, town: Town, seat: Callable[..., Client]
) -> None:
    raised("forgeries")

    said = seat(town.author).get(address).content.decode()

    assert "Có kẻ giả mạo lệnh? Số gói tin bị từ chối trong một giờ: 37" in said


def test_a_stranger_reads_nothing_of_it(town: Town, seat: Callable[..., Client]) -> None:
    raised("forgeries")

    assert "giả mạo" not in seat(town.stranger).get("/fleet/").content.decode()
    assert seat(town.stranger).get("/fleet/node-1").status_code == 404


def test_an_old_alarm_stays_until_somebody_answers(technician: Person, seat: Seat) -> None:
    raised("clone", timezone.now() - timedelta(days=90))
    client = seat(technician)
    assert "Hai máy dùng chung" in client.get("/fleet/").content.decode()

    answer = client.post("/alarms/node-1/clone", {"times": "1", "note": "Đã ghi lại thẻ"})

    assert answer.status_code == 302
    assert "Hai máy dùng chung" not in client.get("/fleet/").content.decode()
    assert "Hai máy dùng chung" not in client.get("/alarms/").content.decode()
    assert "Hai máy dùng chung" in client.get("/alarms/?group=past").content.decode()
    kept = client.get("/alarms/node-1/clone").content.decode()
    assert "Đã ghi lại thẻ" in kept
    assert technician.full_name in kept
    assert Entry.objects.get().verb == "alarm_answer"


def test_raised_once_more_it_is_open_again_and_both_answers_are_kept(
    technician: Person, seat: Seat
) -> None:
    raised("forgeries")
    client = seat(technician)
    client.post("/alarms/node-1/forgeries", {"times": "1", "note": "lần đầu"})
    raise_alarm("node-1", "forgeries", "52", timezone.now())
    assert "52" in client.get("/alarms/").content.decode()

    client.post("/alarms/node-1/forgeries", {"times": "2", "note": "lần sau"})

    page = client.get("/alarms/node-1/forgeries").content.decode()
    assert page.index("lần sau") < page.index("lần đầu")
    assert "forgeries" not in client.get("/alarms/").content.decode()


@pytest.mark.parametrize(
    "typed", [{"times": "1", "note": " "}, {"times": "0", "note": "đã xem"}, {"note": "đã xem"}]
)
def test_nothing_is_answered_unread_or_without_a_word(
    typed: dict[str, str], technician: Person, seat: Seat
) -> None:
    raised("clone")

    answer = seat(technician).post("/alarms/node-1/clone", typed)

    assert answer.status_code == 422
    assert 'id="note_error"' in answer.content.decode()
    assert typed["note"].strip() in answer.content.decode()
    assert not AlarmAnswer.objects.exists()


def test_a_clone_names_both_boards_and_what_to_do(town: Town, seat: Seat) -> None:
    now = timezone.now()
    raise_alarm("node-1", "clone", "boards 10000000a1b2 / 10000000c3d4", now)

    page = seat(town.author).get("/alarms/node-1/clone").content.decode()

    assert "Số máy 10000000a1b2 và số máy 10000000c3d4" in page
    assert "Cùng chỗ, thẻ mới" in page
    assert "<textarea" not in page  # an author reads, and answers nothing


def test_the_menu_counts_what_waits_for_a_technician(
    town: Town, technician: Person, seat: Seat
) -> None:
    raised("clone")
    raised("audit_head")

    said = seat(technician).get("/").content.decode()

    assert said.count('href="/alarms/node-1/') == 2
    said = seat(technician).get("/fleet/").content.decode()
    assert re.search(r'href="/alarms/">Cảnh báo <span class="count">2<', said)
    assert "/alarms/node-1" not in seat(town.author).get("/").content.decode()
    assert "Cảnh báo <span" not in seat(town.author).get("/fleet/").content.decode()


@pytest.mark.parametrize("code", SAID)
def test_every_alarm_is_said_in_english_too(
    code: str, town: Town, seat: Callable[..., Client]
) -> None:
    raised(code)
    client = seat(town.author)
    client.cookies["loa_language"] = "en"

    said = client.get("/fleet/node-1").content.decode()

    assert str(SAID[code]) not in said
    assert said.count("notice warn") == 1


def test_every_alarm_says_what_to_do() -> None:
    assert set(SAID) == set(NEXT)
