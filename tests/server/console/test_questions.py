"""Every page asks the database few questions, whoever looks at it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fakes.offices import PEOPLE, Office
from fakes.town import seated
from server.console.test_every_page import NO_PAGES
from server.console.test_matrix import (
    EXPECTED,
    _offices,
    a_card_that_waits,
    a_newcomers_link,
    an_alarm,
    office,
    subjects,
)
from server.console.test_pages import MOST_QUERIES

__all__ = ["_offices", "office"]


@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_asks_little(who: str, office: Office) -> None:
    a_card_that_waits()
    a_newcomers_link()
    an_alarm()
    held = subjects(office)
    column = PEOPLE.index(who)
    client = seated(office.people[who])
    asked = {}
    for (name, method), answers in EXPECTED.items():
        if method == "GET" and answers[column] == 200 and name not in NO_PAGES:
            path = reverse(f"console:{name}", kwargs=held.get(name))
            client.get(path)  # a click is noted once a minute, and not by this one
            with CaptureQueriesContext(connection) as questions:
                assert client.get(path).status_code == 200
            asked[name] = len(questions)

    assert {name: n for name, n in asked.items() if n > MOST_QUERIES} == {}
