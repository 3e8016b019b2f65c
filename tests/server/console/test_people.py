"""Accounts in a registrar's hands: a way back in, a door closed, never one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from fakes.people import a_code, a_person
from fakes.town import Town
from loa_server.areas import secondfactor
from loa_server.areas.models import Person, Role
from loa_server.audit.models import Entry

OWN = "chim sẻ đậu trên mái nhà"
Seat = Callable[..., Client]


@pytest.fixture
def registrar(town: Town) -> Person:
    return a_person("quantri", (Role.REGISTRAR, town.commune))


def press(client: Client, who: Person, what: str, by: Person, code: str = "") -> Any:
    typed = code or a_code(by, datetime.now(UTC))
    return client.post(f"/people/{who.pk}/{what}", {"code": typed})


def link_in(answer: Any) -> str:
    """The one link that the page shows, as a path."""
    (token,) = set(re.findall(r"/welcome/([\w-]+)", answer.content.decode()))
    return f"/welcome/{token}"


def test_a_lost_phone_and_a_forgotten_password_are_replaced_at_once(
    town: Town, registrar: Person, seat: Seat
) -> None:
    codes = secondfactor.new_recovery_codes(town.approver)
    theirs, client = seat(town.approver), seat(registrar)

    link = link_in(press(client, town.approver, "reset", registrar))

    assert theirs.get("/").status_code == 302
    held = Person.objects.get(pk=town.approver.pk)
    assert (held.totp_secret, secondfactor.recover(held, codes[0])) == ("", False)
    again = Client()
    again.post(link, {"new": OWN, "again": OWN})
    assert again.get("/")["Location"] == "/factor"
    told = Entry.objects.get(verb="account_reset")
    assert told.who == "quantri"
    assert not any(link[-20:] in line for line in Entry.objects.values_list("line", flat=True))


def test_a_closed_account_is_out_until_it_is_opened(
    town: Town, registrar: Person, seat: Seat
) -> None:
    theirs, client = seat(town.author), seat(registrar)

    press(client, town.author, "close", registrar)
    closed = theirs.get("/").status_code
    press(client, town.author, "open", registrar)

    assert (closed, seat(town.author).get("/").status_code) == (302, 200)


def test_it_needs_a_fresh_code_of_the_registrars_own(
    town: Town, registrar: Person, seat: Seat
) -> None:
    answer = press(seat(registrar), town.approver, "reset", registrar, "000000")

    assert answer.status_code == 422
    assert "không đúng" in answer.content.decode()
    assert Person.objects.get(pk=town.approver.pk).totp_secret


def test_nobody_resets_their_own(registrar: Person, seat: Seat) -> None:
    client = seat(registrar)

    answer = press(client, registrar, "reset", registrar)

    assert answer.status_code == 422
    assert "nhờ một người quản trị khác" in answer.content.decode()
    assert "/reset" not in client.get(f"/people/{registrar.pk}").content.decode()
    assert Person.objects.get(pk=registrar.pk).totp_secret


def test_who_also_holds_something_elsewhere_is_not_theirs_to_reset(
    town: Town, registrar: Person, seat: Seat
) -> None:
    wide = a_person("hai-xa", (Role.AUTHOR, town.commune), (Role.APPROVER, town.next_door))

    answer = press(seat(registrar), wide, "reset", registrar)

    assert answer.status_code == 422
    assert "ngoài địa bàn của bạn" in answer.content.decode()


def test_a_registrar_sees_the_people_of_their_places_only(
    town: Town, registrar: Person, seat: Seat
) -> None:
    client = seat(registrar)

    page = client.get("/people/").content.decode()

    assert all(name in page for name in ("lan", "hung", "quantri"))
    assert f"/people/{town.stranger.pk}" not in page
    assert client.get(f"/people/{town.stranger.pk}").status_code == 404
