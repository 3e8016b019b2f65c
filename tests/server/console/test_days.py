"""Days as people type them, and public holidays left out of a schedule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from fakes.paper import a_draft
from fakes.town import Town
from loa_server.areas.models import Person
from loa_server.console import days
from loa_wire.localtime import LOCAL

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("24/12", [date(2026, 12, 24)]),
        ("1/1", [date(2027, 1, 1)]),
        ("31/12/2026; 24.12, 24/12", [date(2026, 12, 24), date(2026, 12, 31)]),
        ("23/11", [TODAY]),
    ],
)
def test_days_are_read_as_people_write_them(text: str, found: list[date]) -> None:
    assert days.read(text, TODAY) == found


@pytest.mark.parametrize("text", ["mai", "31/2", "32/1/2027", "29/2", "2026-12-24", "1/13"])
def test_what_is_no_day_is_named(text: str) -> None:
    with pytest.raises(days.NotADayError, match=text.split("/", maxsplit=1)[0]):
        days.read(text, TODAY)


def test_days_off_are_the_fixed_ones_and_those_that_the_operator_named() -> None:
    off = days.off(date(2026, 12, 30), date(2027, 5, 2), ["2027-02-06", "2028-01-26"])

    assert [day.isoformat() for day in off] == [
        "2027-01-01",
        "2027-02-06",
        "2027-04-30",
        "2027-05-01",
    ]


def test_a_schedule_leaves_them_out_and_shows_them_again(
    town: Town, seat: Callable[[Person | None], Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    today = datetime.now(UTC).astimezone(LOCAL).date()
    left_out, more = today + timedelta(days=2), today + timedelta(days=9)
    client = seat(town.author)
    typed = {
        "version": draft.version,
        "mode": "at",
        "times": ["17:00"],
        "until": (today + timedelta(days=5)).isoformat(),
        "skip": f"{left_out:%d/%m/%Y}",
        "extra": f"{more:%d/%m}",
        "repeat": "1",
        "late": "0",
    }

    answer = client.post(f"/bulletins/{draft.id}/when", typed)

    assert answer.status_code == 302, answer.content.decode()
    draft.refresh_from_db()
    assert draft.schedule["skip_dates"] == [left_out.isoformat()]
    assert draft.schedule["extra_dates"] == [more.isoformat()]
    page = client.get(f"/bulletins/{draft.id}/when").content.decode()
    assert f'value="{left_out:%d/%m/%Y}"' in page
    wrong = client.post(f"/bulletins/{draft.id}/when", typed | {"skip": "hôm kia"})
    assert "“hôm” không phải là ngày" in wrong.content.decode()
