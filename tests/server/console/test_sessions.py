"""How long one stays signed in, and what the browser is told to do with the cookie."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from fakes.people import PASSWORD
from fakes.town import Town
from loa_server.config import ConsoleConfig
from loa_server.console import sessions

CONSOLE = ConsoleConfig(session_hours=10, idle_minutes=60)
HOUR = 3600


def session(began: float, seen: float) -> dict[str, int]:
    held: dict[str, int] = {}
    sessions.begin(held, began)
    held["seen"] = int(seen)
    return held


@pytest.mark.parametrize(
    ("began", "seen", "now"),
    [(0, 9 * HOUR, 10 * HOUR), (0, 0, HOUR), (0, 9.5 * HOUR, 10 * HOUR)],
)
def test_it_lasts_ten_hours_with_a_click_an_hour(began: float, seen: float, now: float) -> None:
    assert not sessions.over(session(began, seen), now, CONSOLE)


@pytest.mark.parametrize(
    ("began", "seen", "now"), [(0, 10 * HOUR, 10 * HOUR + 1), (0, 0, HOUR + 1)]
)
def test_and_no_longer(began: float, seen: float, now: float) -> None:
    assert sessions.over(session(began, seen), now, CONSOLE)


def test_clicks_are_noted_once_a_minute_and_do_not_make_it_younger() -> None:
    held = session(0, 0)

    sessions.click(held, 30)
    sessions.click(held, 100)
    sessions.click(held, 130)

    assert held == {"began": 0, "seen": 100}


@pytest.mark.parametrize("stamp", ["began", "seen"])
def test_a_session_that_is_over_asks_to_sign_in_and_keeps_the_words(
    stamp: str, town: Town, seat: Callable[..., Client]
) -> None:
    client = seat(town.author)
    held = client.session
    held[stamp] -= 10 * HOUR + 1
    held.save()

    answer = client.post("/bulletins/new", {"title_vi": "Đang gõ dở"})

    assert answer.status_code == 401
    assert "Đang gõ dở" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_the_cookie_is_for_this_server_and_no_script(town: Town) -> None:
    town.author.set_password(PASSWORD)
    town.author.save()
    client = Client()

    client.post("/sign-in", {"username": "lan", "password": PASSWORD})

    cookie = client.cookies["loa_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_signing_in_gives_the_session_a_new_name(town: Town) -> None:
    """Whoever planted a cookie in a browser does not share what is done with it."""
    town.author.set_password(PASSWORD)
    town.author.save()
    client = Client()
    planted = client.session
    planted["x"] = 1
    planted.save()
    client.cookies["loa_session"] = str(planted.session_key)

    client.post("/sign-in", {"username": "lan", "password": PASSWORD})

    assert client.cookies["loa_session"].value != planted.session_key
    assert client.get("/").status_code == 200
