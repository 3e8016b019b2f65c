"""Lô thẻ at the console: made with a fresh code, shown once, closed, and what was typed stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from fakes.people import a_batch, a_code, a_person
from fakes.town import Town
from loa_server.areas.models import Person, Role
from loa_server.audit.models import Entry
from loa_server.dispatch.enrolment import fingerprint
from loa_server.fleet.models import Batch

Seat = Callable[..., Client]


@pytest.fixture
def registrar(town: Town) -> Person:
    return a_person("quan-tri", (Role.REGISTRAR, town.commune))


def form(town: Town, person: Person, **changed: str) -> dict[str, str]:
    code = a_code(person, datetime.now(UTC))
    asked = {"area": town.commune.id, "name": "Đợt 1", "uses": "3", "days": "7", "code": code}
    return asked | changed


def test_the_token_is_shown_once_and_what_is_kept_opens_nothing(
    town: Town, registrar: Person, seat: Seat
) -> None:
    client = seat(registrar)

    answer = client.post("/batches/new", form(town, registrar))

    (token,) = set(re.findall(r"\b[0-9a-f]{32}\b", answer.content.decode()))
    assert "no-store" in answer["Cache-Control"]
    batch = Batch.objects.get()
    assert (batch.sha256, batch.uses, batch.made_by) == (fingerprint(token), 3, registrar)
    listed = client.get("/batches/").content.decode()
    assert "Đợt 1" in listed
    assert token not in listed
    assert token not in str(list(Entry.objects.values_list("line", flat=True)))
    assert Entry.objects.get().verb == "batch_make"


@pytest.mark.parametrize(
    ("changed", "beside"),
    [
        ({"name": " "}, 'id="name_error"'),
        ({"uses": "0"}, 'id="uses_error"'),
        ({"uses": "nhiều"}, 'id="uses_error"'),
        ({"days": "999"}, 'id="uses_error"'),
        ({"area": "vn-25345"}, 'id="area_error"'),
        ({"code": "000000"}, 'id="batch_code_error"'),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(
    changed: dict[str, str], beside: str, town: Town, registrar: Person, seat: Seat
) -> None:
    typed = form(town, registrar, name="Lô của chị Ba", days="9") | changed

    answer = seat(registrar).post("/batches/new", typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert beside in page
    assert f'value="{typed["name"]}"' in page
    assert f'value="{typed["days"]}"' in page
    assert not Batch.objects.exists()


def test_a_closed_lot_lets_no_card_in_and_is_closed_by_its_own_people_only(
    town: Town, registrar: Person, seat: Seat
) -> None:
    batch = a_batch(town.commune, registrar)
    stranger = a_person("xa", (Role.REGISTRAR, town.next_door))
    code = a_code(registrar, datetime.now(UTC))
    address = f"/batches/{batch.pk}/close"

    assert seat(stranger).get(address).status_code == 404
    assert seat(registrar).post(address, {"code": "000000"}).status_code == 422
    assert seat(registrar).post(address, {"code": code}).status_code == 302

    batch.refresh_from_db()
    assert batch.closed_at is not None
    assert seat(registrar).get(address).status_code == 404
    assert "Đợt 1" not in seat(stranger).get("/batches/").content.decode()
