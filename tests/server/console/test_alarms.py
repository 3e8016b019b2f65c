"""What the engine raised about a node, where staff look at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fakes.town import Town
from loa_server.console.alarms import SAID, SHOWN
from loa_server.ingest.models import Alarm


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


def test_an_old_alarm_is_no_news(town: Town, seat: Callable[..., Client]) -> None:
    raised("forgeries", timezone.now() - SHOWN - timedelta(minutes=1))

    assert "giả mạo" not in seat(town.author).get("/fleet/").content.decode()


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
