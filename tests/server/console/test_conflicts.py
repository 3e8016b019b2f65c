"""Trùng lịch: found before anything is saved, and settled as the author says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client

from fakes.paper import WORDS, a_draft, a_medium, a_published
from fakes.town import Town
from loa_server.bulletins.models import Bulletin, Media, Revision
from loa_server.bulletins.services import Working
from loa_wire.localtime import LOCAL

Seat = Callable[..., Client]
UNTIL, LONGER = ((datetime.now(LOCAL) + timedelta(days=n)).date().isoformat() for n in (4, 9))


def at(*times: str, title: str, until: str) -> Working:
    schedule = {"mode": "at", "times": list(times), "until": until}
    return replace(WORDS, title={"vi": title}, schedule=schedule)


def typed(draft: Bulletin, *times: str, **more: str) -> dict[str, object]:
    return {"version": draft.version, "mode": "at", "times": times, "until": UNTIL} | more


@pytest.fixture
def other(town: Town) -> Bulletin:
    """Seven and a half minutes from 17:00 on, every day."""
    a_medium()
    Media.objects.update(duration_ms=450_000)
    words = at("17:00", title="Bản có trước", until=LONGER)
    return a_published(town.author, town.approver, town.commune, town.hamlet, words=words)


@pytest.fixture
def draft(town: Town, other: Bulletin) -> Bulletin:
    assert other.pk
    return a_draft(town.author, town.commune, town.hamlet)


def test_a_conflict_is_shown_before_anything_is_saved(
    town: Town, seat: Seat, draft: Bulletin
) -> None:
    client = seat(town.author)
    fragment = client.post(f"/bulletins/{draft.id}/when/preview", typed(draft, "17:05"))
    answer = client.post(f"/bulletins/{draft.id}/when", typed(draft, "17:05"))

    for page in (fragment.content.decode(), answer.content.decode()):
        assert "<b>17:05</b> trùng với “Bản có trước”" in page
        assert "Đổi 17:05 thành 17:10" in page
        assert 'value="append" checked' in page
    assert answer.status_code == 200
    draft.refresh_from_db()
    assert draft.schedule == {"mode": "now"}


@pytest.mark.parametrize("times", [("16:40",), ("17:08",), ("05:00", "19:00")])
def test_times_that_meet_nobody_are_saved_at_once(
    times: tuple[str, ...], town: Town, seat: Seat, draft: Bulletin
) -> None:
    answer = seat(town.author).post(f"/bulletins/{draft.id}/when", typed(draft, *times))

    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.schedule["times"] == sorted(times)


def test_append_keeps_the_time(town: Town, seat: Seat, draft: Bulletin) -> None:
    form = typed(draft, "17:00", settle="append")

    assert seat(town.author).post(f"/bulletins/{draft.id}/when", form).status_code == 302

    draft.refresh_from_db()
    assert draft.schedule["times"] == ["17:00"]


def test_move_puts_it_behind_the_other_and_is_looked_at_before_it_is_saved(
    town: Town, seat: Seat, draft: Bulletin, other: Bulletin
) -> None:
    client = seat(town.author)
    form = typed(draft, "05:00", "17:00", settle=f"move|17:00|{other.id}")

    page = client.post(f"/bulletins/{draft.id}/when", form).content.decode()

    assert 'value="05:00"' in page
    assert 'value="17:10"' in page
    assert 'value="17:00"' not in page
    saved = client.post(f"/bulletins/{draft.id}/when", typed(draft, "05:00", "17:10"))
    assert saved.status_code == 302


def test_override_takes_every_clashing_start_out_of_the_other_once_somebody_approves(
    town: Town, seat: Seat, draft: Bulletin, other: Bulletin
) -> None:
    form = typed(draft, "17:00", settle=f"override|{other.id}")

    assert seat(town.author).post(f"/bulletins/{draft.id}/when", form).status_code == 302

    other.refresh_from_db()
    assert (other.state, other.rev) == ("submitted", 2)
    payload = json.loads(bytes(Revision.objects.get(bulletin=other, rev=2).payload))
    skipped = payload["schedule"]["skip_times"]
    assert len(skipped) in (4, 5)  # today's, if it is still to come
    assert all(moment.endswith("T17:00") for moment in skipped)
    draft.refresh_from_db()
    assert draft.schedule["times"] == ["17:00"]


def test_override_that_would_leave_nothing_is_a_matter_of_stopping_it(
    town: Town, seat: Seat, draft: Bulletin, other: Bulletin
) -> None:
    form = typed(draft, "17:00", settle=f"override|{other.id}") | {"until": LONGER}

    answer = seat(town.author).post(f"/bulletins/{draft.id}/when", form)

    assert answer.status_code == 422
    assert "Hãy nhờ người duyệt cho dừng bản đó" in answer.content.decode()
    other.refresh_from_db()
    assert other.state == "published"


def test_nobody_overrides_what_another_wrote(town: Town, seat: Seat, other: Bulletin) -> None:
    theirs = a_draft(town.both, town.commune, town.hamlet)
    client = seat(town.both)

    page = client.post(f"/bulletins/{theirs.id}/when", typed(theirs, "17:00")).content.decode()
    forced = typed(theirs, "17:00", settle=f"override|{other.id}")
    answer = client.post(f"/bulletins/{theirs.id}/when", forced)

    assert "override|" not in page
    assert f"chỉ {town.author.full_name}" in page
    assert answer.status_code == 422
    other.refresh_from_db()
    assert (other.state, other.rev) == ("published", 1)


def test_starts_left_out_one_by_one_stay_out_when_the_times_are_edited(
    town: Town, seat: Seat, draft: Bulletin
) -> None:
    moment = f"{UNTIL}T05:00"
    kept = {"mode": "at", "times": ["05:00"], "until": UNTIL, "skip_times": [moment]}
    Bulletin.objects.filter(pk=draft.pk).update(schedule=kept)

    seat(town.author).post(f"/bulletins/{draft.id}/when", typed(draft, "05:00", "06:00"))

    draft.refresh_from_db()
    assert draft.schedule["skip_times"] == [moment]
    assert draft.schedule["times"] == ["05:00", "06:00"]
