"""Nobody approves their own: the page offers no button, the service refuses, the database too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError
from django.test import Client

from fakes.paper import a_submitted
from fakes.town import Town
from loa_server.bulletins.models import Approval, Revision


def test_the_page_has_no_button_for_ones_own(town: Town, seat: Callable[..., Client]) -> None:
    mine = a_submitted(town.both, town.commune, town.hamlet)
    theirs = a_submitted(town.author, town.commune, town.hamlet)
    client = seat(town.both)

    assert (
        "/approve/" + mine.id + "/approve" not in client.get(f"/approve/{mine.id}").content.decode()
    )
    assert f"/approve/{theirs.id}/approve" in client.get(f"/approve/{theirs.id}").content.decode()


def test_the_queue_does_not_list_ones_own(town: Town, seat: Callable[..., Client]) -> None:
    mine = a_submitted(town.both, town.commune, town.hamlet)

    assert mine.id not in seat(town.both).get("/approve/").content.decode()


def test_a_forged_press_is_refused_and_said(town: Town, seat: Callable[..., Client]) -> None:
    mine = a_submitted(town.both, town.commune, town.hamlet)
    sha256 = Revision.objects.get(bulletin=mine).sha256

    answer = seat(town.both).post(f"/approve/{mine.id}/approve", {"sha256": sha256})

    assert answer.status_code == 422
    assert "không được tự duyệt" in answer.content.decode()
    assert not Approval.objects.exists()


def test_the_database_refuses_a_writer_as_approver(town: Town) -> None:
    revision = Revision.objects.get(bulletin=a_submitted(town.both, town.commune, town.hamlet))

    with pytest.raises(IntegrityError, match="writer_is_never_approver"):
        Approval.objects.create(
            revision=revision,
            sha256=revision.sha256,
            author=town.both,
            approver=town.both,
            at=datetime.now(UTC),
        )


def test_other_bytes_than_were_shown_are_not_approved(
    town: Town, seat: Callable[..., Client]
) -> None:
    waiting = a_submitted(town.author, town.commune, town.hamlet)

    answer = seat(town.approver).post(f"/approve/{waiting.id}/approve", {"sha256": "0" * 64})

    assert answer.status_code == 422
    assert not Approval.objects.exists()
