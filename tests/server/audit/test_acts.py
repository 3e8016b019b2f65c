"""What people and programs do to a bulletin, as the log tells it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from fakes.desk import a_submitted, a_town, an_approved
from fakes.people import SOME_DAY
from loa_server.audit.models import Entry
from loa_server.bulletins import services
from loa_server.bulletins.models import Act

pytestmark = pytest.mark.usefixtures("database")
LATER = SOME_DAY + timedelta(hours=1)


def told() -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in Entry.objects.order_by("seq").values_list("line", flat=True)
    ]


def test_the_way_to_an_approval_is_told_with_the_hash_of_the_bytes() -> None:
    town = a_town()
    revision = an_approved(town)

    assert [(said["who"], said["verb"]) for said in told()] == [
        ("tac-gia", "create"),
        ("tac-gia", "submit"),
        ("duyet", "approve"),
    ]
    assert {said["subject"] for said in told()} == {revision.bulletin_id}
    assert {said["place"] for said in told()} == {town.commune.path}
    assert told()[-1]["detail"] == {"sha256": revision.sha256}


def test_a_return_is_told_with_its_reason() -> None:
    town = a_town()
    revision = a_submitted(town)

    services.send_back(revision.bulletin_id, town.approver, "sai ngày", LATER)

    said = told()[-1]
    assert (said["verb"], said["detail"]["why"]) == ("return", "sai ngày")


def test_what_was_refused_is_not_told_as_done() -> None:
    town = a_town()
    revision = a_submitted(town)

    services.withdraw(revision.bulletin_id, town.stranger, LATER)

    assert [said["verb"] for said in told()] == ["create", "submit"]


def test_every_act_on_a_bulletin_is_in_the_log() -> None:
    town = a_town()
    an_approved(town)
    services.withdraw(a_submitted(town).bulletin_id, town.author, LATER)

    assert [said["verb"] for said in told()] == list(
        Act.objects.order_by("id").values_list("verb", flat=True)
    )
