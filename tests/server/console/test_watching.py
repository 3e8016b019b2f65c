"""Từ cần xem: a bulletin with such a word is held until its approver says that they have looked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from fakes.paper import WORDS, a_draft
from fakes.people import a_code, a_person
from fakes.town import Town
from loa_server.areas.models import Role
from loa_server.audit.models import Entry
from loa_server.bulletins import services, watching
from loa_server.bulletins.models import Approval, Bulletin, Revision, WatchWord
from loa_server.bulletins.watching import hits

Seat = Callable[..., Client]
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Bán đất giá rẻ", ["đất"], ["đất"]),
        ("BÁN ĐẤT giá rẻ", ["bán đất"], ["BÁN ĐẤT"]),
        ("bán\n  đất", ["bán đất"], ["bán\n  đất"]),
        ("mang má về", ["má"], ["má"]),
        ("ma, mà, mã", ["má"], []),
        ("xổ số. Số đề!", ["số đề", "số"], ["số", "Số đề"]),
        ("ba\u0301n", ["bán"], ["bán"]),
        ("a.c", ["a.c"], ["a.c"]),
        ("abc", ["a.c"], []),
    ],
)
def test_a_word_is_met_as_it_is_written(text: str, words: list[str], found: list[str]) -> None:
    assert [hit.found for hit in hits([{"vi": text}], words)] == found


@given(st.text(max_size=200), st.lists(st.text(min_size=2, max_size=10), max_size=5))
def test_no_text_and_no_list_break_it_and_a_hit_is_always_in_the_text(
    text: str, words: list[str]
) -> None:
    for hit in hits([{"vi": text}], words):
        assert hit.found in watching.nfc(text)


def held(town: Town) -> Bulletin:
    watching.add(town.commune, "tiêm chủng", town.approver, NOW)
    words = replace(WORDS, title={"vi": "Lịch tiêm chủng"})
    bulletin = a_draft(town.author, town.commune, town.hamlet, words=words)
    done = services.submit(bulletin.id, town.author, NOW)
    assert isinstance(done, Revision)
    return bulletin


def test_it_is_shown_to_both_and_waits_for_the_approvers_word(town: Town, seat: Seat) -> None:
    bulletin = held(town)
    approver = seat(town.approver)
    page = approver.get(f"/approve/{bulletin.id}").content.decode()
    assert "<mark>tiêm chủng</mark>" in page
    shown = Revision.objects.get(bulletin=bulletin).sha256
    form = {"sha256": shown, "code": a_code(town.approver, datetime.now(UTC))}

    refused = approver.post(f"/approve/{bulletin.id}/approve", form)
    assert refused.status_code == 422
    assert "Bản tin có từ cần xem" in refused.content.decode()
    assert not Approval.objects.exists()

    taken = approver.post(f"/approve/{bulletin.id}/approve", form | {"looked": "yes"})
    assert taken.status_code == 302  # the code was not spent on the refusal
    verbs = list(Entry.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs[-2:] == ["release", "approve"]


def test_the_author_is_told_before_submitting(town: Town, seat: Seat) -> None:
    watching.add(town.commune, "tiêm chủng", town.approver, NOW)
    bulletin = a_draft(town.author, town.commune, town.hamlet)

    page = seat(town.author).get(f"/bulletins/{bulletin.id}/check").content.decode()

    assert "<mark>tiêm chủng</mark>" in page
    assert "Người duyệt sẽ phải xem từng chỗ này" in page


def test_a_neighbours_list_holds_nothing_here_and_one_above_holds_all(town: Town) -> None:
    keeper = a_person("tren", (Role.REGISTRAR, town.next_door))
    watching.add(town.next_door, "tiêm chủng", keeper, NOW)

    assert watching.words_for([town.hamlet.path]) == []
    watching.add(town.commune, "Số  đề", town.approver, NOW)
    assert watching.words_for([town.hamlet.path]) == ["số đề"]


@pytest.mark.parametrize("word", ["", "a", " ", "…", "x" * 61])
def test_what_is_no_word_is_refused_beside_the_box(word: str, town: Town, seat: Seat) -> None:
    answer = seat(town.approver).post("/watch/", {"area": town.commune.id, "word": word})

    assert answer.status_code == 422
    assert 'id="word_error"' in answer.content.decode()
    assert not WatchWord.objects.exists()


def test_the_list_is_kept_by_those_who_answer_for_the_place(town: Town, seat: Seat) -> None:
    assert seat(town.approver).post("/watch/", {"word": "số đề"}).status_code == 302
    assert seat(town.approver).post("/watch/", {"word": "SỐ ĐỀ"}).status_code == 422
    row = WatchWord.objects.get()
    for who in (town.author, town.stranger):
        assert seat(who).post(f"/watch/{row.pk}/remove").status_code == 404
    assert watching.add(town.commune, "khác", town.author, NOW) is watching.NOT_YOURS
    assert seat(town.author).get("/watch/").status_code == 404

    assert seat(town.approver).post(f"/watch/{row.pk}/remove").status_code == 302

    assert not WatchWord.objects.exists()
    verbs = set(Entry.objects.values_list("verb", flat=True))
    assert {"watch_add", "watch_remove"} <= verbs
