"""Lĩnh vực cần hai người duyệt: what each of the three people sees, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from fakes.paper import WORDS, a_draft
from fakes.people import a_code, a_person
from fakes.town import Town
from loa_server.areas.models import Person, Role
from loa_server.bulletins import services
from loa_server.bulletins.models import Approval, Bulletin, FirstApproval, Revision
from loa_server.config import GENRES
from loa_server.console import words

Seat = Callable[..., Client]


@pytest.fixture(autouse=True)
def _policy_needs_two(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = replace(settings.LOA.approval, two=("policy",))
    monkeypatch.setattr(settings, "LOA", replace(settings.LOA, approval=asks))


def waiting(town: Town) -> Bulletin:
    made = replace(WORDS, genre="policy")
    bulletin = a_draft(town.author, town.commune, town.hamlet, words=made)
    done = services.submit(bulletin.id, town.author, datetime.now(UTC))
    assert isinstance(done, Revision), done
    return bulletin


def press(client: Client, bulletin: Bulletin, person: Person) -> Any:
    sha256 = Revision.objects.get(bulletin=bulletin).sha256
    typed = {"sha256": sha256, "code": a_code(person, datetime.now(UTC))}
    return client.post(f"/approve/{bulletin.id}/approve", typed, follow=True)


def test_the_first_is_told_that_a_second_person_is_needed(town: Town, seat: Seat) -> None:
    bulletin = waiting(town)
    client = seat(town.approver)

    before = client.get(f"/approve/{bulletin.id}").content.decode()
    after = press(client, bulletin, town.approver).content.decode()

    assert "Phê duyệt, chuyển người thứ hai" in before
    assert "Bản tin chờ người duyệt thứ hai" in after
    assert "Bạn đã duyệt, chờ người thứ hai" in after
    assert (FirstApproval.objects.count(), Approval.objects.count()) == (1, 0)


def test_the_second_sees_who_was_first_and_sends_it_out(town: Town, seat: Seat) -> None:
    bulletin = waiting(town)
    press(seat(town.approver), bulletin, town.approver)
    client = seat(town.both)

    queue = client.get("/approve/").content.decode()
    page = client.get(f"/approve/{bulletin.id}").content.decode()
    ledger = press(client, bulletin, town.both).content.decode()

    assert "Chờ người thứ hai" in queue
    assert "Bạn là người thứ hai." in page
    assert "Phê duyệt và phát hành" in page
    assert "Người duyệt thứ nhất: Hung" in ledger


def test_the_first_has_no_second_button_but_may_send_it_back(town: Town, seat: Seat) -> None:
    bulletin = waiting(town)
    client = seat(town.approver)
    press(client, bulletin, town.approver)

    page = client.get(f"/approve/{bulletin.id}").content.decode()
    client.post(f"/approve/{bulletin.id}/return", {"reason": "nghe lại thấy sai ngày"})

    assert f"/approve/{bulletin.id}/approve" not in page
    assert "Đang chờ người thứ hai" in page
    assert Bulletin.objects.get(pk=bulletin.pk).state == "returned"


def test_the_author_reads_how_far_it_is(town: Town, seat: Seat) -> None:
    bulletin = waiting(town)
    press(seat(town.approver), bulletin, town.approver)

    page = seat(town.author).get(f"/bulletins/{bulletin.id}/paper").content.decode()

    assert "bản tin chờ người thứ hai" in page


def test_a_stranger_is_not_the_second(town: Town, seat: Seat) -> None:
    bulletin = waiting(town)
    press(seat(town.approver), bulletin, town.approver)

    assert press(seat(town.stranger), bulletin, town.stranger).status_code == 404


def test_someone_else_of_the_commune_without_the_role_is_not_either(town: Town, seat: Seat) -> None:
    bulletin = waiting(town)
    clerk = a_person("thu", (Role.AUTHOR, town.commune))

    answer = press(seat(clerk), bulletin, clerk)

    assert answer.status_code == 422
    assert not FirstApproval.objects.exists()


def test_the_settings_know_every_genre() -> None:
    assert set(GENRES) == set(words.GENRES)
