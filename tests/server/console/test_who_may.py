"""Every page and every person: author, approver, a stranger of another commune, nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from fakes.paper import a_draft, a_submitted, an_approved
from fakes.people import a_code
from fakes.town import Town
from loa_server.areas.models import Grant
from loa_server.bulletins.models import Bulletin, Revision

DRAFT = ("content", "media", "areas", "when", "check")


@pytest.fixture
def addresses(town: Town) -> dict[str, str]:
    draft = a_draft(town.author, town.commune, town.hamlet)
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    voice = draft.voices.get().media_id
    found = {name: f"/bulletins/{draft.id}/{name}" for name in DRAFT}
    return found | {
        "home": "/",
        "list": "/bulletins/",
        "new": "/bulletins/new",
        "queue": "/approve/",
        "review": f"/approve/{waiting.id}",
        "draft": f"/bulletins/{draft.id}",
        "waiting": f"/bulletins/{waiting.id}",
        "paper": f"/bulletins/{out.id}/paper",
        "ledger": f"/bulletins/{out.id}",
        "totals": f"/bulletins/{out.id}?part=totals",
        "file": f"/bulletins/{draft.id}/file/{voice}",
        "fleet": "/fleet/",
        "node": "/fleet/node-1",
        "now": "/fleet/node-1?part=now",
        "password": "/password",
    }


#         page       author approver stranger
EXPECTED = {
    "home": (200, 200, 200),
    "list": (200, 200, 200),
    "new": (200, 404, 200),
    "queue": (404, 200, 200),
    "content": (200, 404, 404),
    "media": (200, 404, 404),
    "areas": (200, 404, 404),
    "when": (200, 404, 404),
    "check": (200, 404, 404),
    "review": (200, 200, 404),
    "draft": (302, 302, 404),
    "waiting": (302, 302, 404),
    "paper": (200, 200, 404),
    "ledger": (200, 200, 404),
    "totals": (200, 200, 404),
    "file": (200, 200, 404),
    "fleet": (200, 200, 200),
    "node": (200, 200, 404),
    "now": (200, 200, 404),
    "password": (200, 200, 200),
}


def test_each_page_opens_for_those_it_is_for(
    addresses: dict[str, str], town: Town, seat: Callable[..., Client]
) -> None:
    clients = [seat(person) for person in (town.author, town.approver, town.stranger)]

    answers = {
        page: tuple(client.get(addresses[page]).status_code for client in clients)
        for page in EXPECTED
    }

    assert answers == EXPECTED


def test_nobody_gets_in_without_signing_in(
    addresses: dict[str, str], seat: Callable[..., Client]
) -> None:
    client = seat(None)

    answers = [client.get(address) for address in addresses.values()]

    assert {answer.status_code for answer in answers} == {302}
    assert all(answer["Location"].startswith("/sign-in?next=") for answer in answers)


@pytest.mark.parametrize("verb", ["approve", "return"])
@pytest.mark.parametrize("who", ["author", "stranger", "both_other"])
def test_only_an_approver_of_the_place_decides(
    verb: str, who: str, town: Town, seat: Callable[..., Client]
) -> None:
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    sha256 = Revision.objects.get(bulletin=waiting).sha256
    person = town.both if who == "both_other" else getattr(town, who)

    typed = {"sha256": sha256, "reason": "sai ngày", "code": a_code(person, datetime.now(UTC))}
    seat(person).post(f"/approve/{waiting.id}/{verb}", typed)

    waiting = Bulletin.objects.get(id=waiting.id)
    decided = {"approve": "approved", "return": "returned"}[verb]
    assert waiting.state == (decided if who == "both_other" else "submitted")


def test_a_stranger_sees_no_bulletin_of_ours_in_any_list(
    addresses: dict[str, str], town: Town, seat: Callable[..., Client]
) -> None:
    client = seat(town.stranger)

    said = "".join(
        client.get(addresses[name]).content.decode() for name in ("home", "list", "queue")
    )

    assert "Lịch tiêm chủng" not in said


def test_a_stranger_sees_no_node_of_ours(town: Town, seat: Callable[..., Client]) -> None:
    said = seat(town.stranger).get("/fleet/").content.decode()

    assert "node-2" in said
    assert "node-1" not in said


def test_a_grant_that_ended_yesterday_opens_nothing(
    town: Town, seat: Callable[..., Client]
) -> None:
    Grant.objects.filter(person=town.author).update(until=date.today() - timedelta(days=2))  # noqa: DTZ011

    assert seat(town.author).get("/bulletins/new").status_code == 404
