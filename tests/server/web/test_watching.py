"""Whose session may watch which live rows: the real sessions, people and grants."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from fakes.desk import Town, a_draft, a_town
from fakes.people import SECRET, SOME_DAY
from fakes.town import seated
from loa_server.areas import secondfactor
from loa_server.areas.models import Grant, Person
from loa_server.web.watching import scopes_of

pytestmark = pytest.mark.usefixtures("database")

COMMUNE = ("/vn-75/vn-25351/",)


@pytest.fixture
def town() -> Town:
    return a_town()


def session_of(person: Person) -> str:
    client = Client()
    client.force_login(person, backend="loa_server.areas.backends.PersonBackend")
    return str(client.session.session_key)


def test_author_and_approver_watch_their_communes_bulletin_and_a_stranger_does_not(
    town: Town,
) -> None:
    room = f"bulletin/{a_draft(town).id}"

    assert scopes_of(session_of(town.author), room) == COMMUNE
    assert scopes_of(session_of(town.approver), room) == COMMUNE
    assert scopes_of(session_of(town.stranger), room) is None


def test_a_place_that_a_bulletin_is_meant_for_watches_its_own_rows_of_it(town: Town) -> None:
    bulletin = a_draft(town)
    bulletin.areas.add(town.neighbour)

    room = f"bulletin/{bulletin.id}"
    assert scopes_of(session_of(town.stranger), room) == ("/vn-75/vn-25345/",)


def test_everyone_with_a_role_watches_the_fleet_within_their_reach(town: Town) -> None:
    assert scopes_of(session_of(town.stranger), "fleet") == ("/vn-75/vn-25345/",)


@pytest.mark.parametrize("room", ["bulletin/x", "bulletin/" + "0" * 26, "", "fleet/../x"])
def test_a_room_that_is_not_there_is_nobodys(town: Town, room: str) -> None:
    assert scopes_of(session_of(town.author), room) is None


def test_who_is_signed_out_disabled_or_without_a_role_watches_nothing(town: Town) -> None:
    author, approver = session_of(town.author), session_of(town.approver)
    Person.objects.filter(pk=town.author.pk).update(is_active=False)
    Grant.objects.filter(person=town.approver).delete()

    assert scopes_of("no-such-session", "fleet") is None
    assert scopes_of(author, "fleet") is None
    assert scopes_of(approver, "fleet") is None


def test_a_changed_password_ends_what_other_sessions_watch(town: Town) -> None:
    session = session_of(town.author)
    town.author.set_password("mot-mat-khau-khac-2026")
    town.author.save()

    assert scopes_of(session, "fleet") is None


def test_a_grant_that_ended_watches_nothing(town: Town) -> None:
    session = session_of(town.author)
    Grant.objects.filter(person=town.author).update(until=date(2026, 1, 1))

    assert scopes_of(session, "fleet") is None


def test_a_new_second_factor_ends_what_other_sessions_watch(town: Town) -> None:
    session = session_of(town.approver)
    secondfactor.give(town.approver, SECRET, SOME_DAY)

    assert scopes_of(session, "fleet") is None


def test_before_password_and_factor_are_set_up_nothing_is_watched(town: Town) -> None:
    secondfactor.take_away(town.approver)
    Person.objects.filter(pk=town.author.pk).update(must_change_password=True)

    assert scopes_of(session_of(town.author), "fleet") is None
    assert scopes_of(session_of(town.approver), "fleet") is None


@pytest.mark.parametrize("stamp", ["began", "seen"])
def test_a_session_that_is_over_watches_nothing(town: Town, stamp: str) -> None:
    client = seated(town.author)
    session = client.session
    session[stamp] -= 10 * 3600 + 1
    session.save()

    assert scopes_of(str(session.session_key), "fleet") is None
