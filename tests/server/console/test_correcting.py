"""Đính chính: what was wrong is put right, for everybody who heard it, by two people as ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from fakes.deliveries import a_delivery
from fakes.paper import WORDS, a_draft, a_medium, a_published, a_submitted
from fakes.people import a_node
from fakes.town import Town
from loa_server.bulletins import services
from loa_server.bulletins.models import Bulletin, Revision
from loa_server.bulletins.outreach import NARROWER
from loa_server.bulletins.services import Sound
from loa_server.console import drafts

Seat = Callable[..., Client]


@pytest.fixture
def wrong(town: Town) -> Bulletin:
    words = replace(WORDS, title={"vi": "Tiêm chủng thứ tư", "sti": "Bri uônh"})
    return a_published(town.author, town.approver, town.commune, town.hamlet, words=words)


def corrected(town: Town, seat: Seat, wrong: Bulletin) -> Bulletin:
    answer = seat(town.author).post(f"/bulletins/{wrong.id}/correct")
    assert answer.status_code == 302
    assert answer["Location"].endswith("/content")
    return Bulletin.objects.get(replaces=wrong)


def with_voice(draft: Bulletin, town: Town) -> None:
    media = a_medium(b"OggS the right voice")
    drafts.add(
        draft,
        lambda working: replace(working, voices={"vi": Sound(media.sha256)}),
        town.author,
        datetime.now(UTC),
    )


def test_the_draft_says_what_it_is_goes_first_and_names_what_it_corrects(
    town: Town, seat: Seat, wrong: Bulletin
) -> None:
    draft = corrected(town, seat, wrong)

    assert draft.title == {"vi": "Đính chính: Tiêm chủng thứ tư", "sti": "Bri uônh"}
    assert (draft.level, draft.genre, draft.state) == ("priority", "correction", "draft")
    assert not draft.voices.exists()  # the wrong voice is not taken along
    assert list(draft.areas.all()) == [town.hamlet]
    with_voice(draft, town)
    done = services.submit(draft.id, town.author, datetime.now(UTC))
    assert isinstance(done, Revision)
    assert json.loads(bytes(done.payload))["replaces"] == wrong.id


def test_it_may_not_reach_fewer_places_than_what_it_corrects(
    town: Town, seat: Seat, wrong: Bulletin
) -> None:
    draft = corrected(town, seat, wrong)
    with_voice(draft, town)
    draft.areas.set([town.empty])
    assert services.submit(draft.id, town.author, datetime.now(UTC)) is NARROWER

    draft.areas.set([town.commune])  # more is no harm

    assert isinstance(services.submit(draft.id, town.author, datetime.now(UTC)), Revision)


def test_it_stands_first_in_the_approvers_list(town: Town, seat: Seat, wrong: Bulletin) -> None:
    everyday = a_submitted(town.author, town.commune, town.hamlet)
    draft = corrected(town, seat, wrong)
    with_voice(draft, town)
    services.submit(draft.id, town.author, datetime.now(UTC))

    page = seat(town.approver).get("/approve/").content.decode()

    assert page.index(draft.id) < page.index(everyday.id)


def test_it_shows_who_heard_the_wrong_one_and_who_has_heard_it(
    town: Town, seat: Seat, wrong: Bulletin
) -> None:
    for n, (was, now) in enumerate(
        [("played", "played"), ("partial", "expected"), ("expected", "played"), ("played", "")]
    ):
        node = a_node(town.hamlet, f"n{n}").id
        a_delivery(wrong, node, was, plays=1 if was != "expected" else 0)
        if now:
            draft = Bulletin.objects.filter(replaces=wrong).first() or corrected(town, seat, wrong)
            a_delivery(draft, node, now, plays=1)
    draft = Bulletin.objects.get(replaces=wrong)

    page = seat(town.approver).get(f"/bulletins/{draft.id}/heard").content.decode()

    assert [f'data-node="n{n}"' in page for n in range(4)] == [True, True, False, True]
    assert "2 nơi đã nghe bản sai mà chưa phát xong bản đúng" in page
    assert "Chưa gửi tới" in page


def test_what_has_not_gone_out_is_changed_and_not_corrected(town: Town, seat: Seat) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)

    assert seat(town.author).post(f"/bulletins/{draft.id}/correct").status_code == 404


def test_only_who_may_write_there_begins_one(town: Town, seat: Seat, wrong: Bulletin) -> None:
    for who in (town.approver, town.stranger):
        assert seat(who).post(f"/bulletins/{wrong.id}/correct").status_code == 404
    assert "/correct" not in seat(town.approver).get(f"/bulletins/{wrong.id}").content.decode()
    assert "/correct" in seat(town.author).get(f"/bulletins/{wrong.id}").content.decode()
    corrected(town, seat, wrong)
    page = seat(town.approver).get(f"/bulletins/{wrong.id}").content.decode()
    assert "Bản đính chính" in page
