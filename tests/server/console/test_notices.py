"""Tuyển sinh, tuyển dụng, từ thiện: written by their form, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fakes.paper import a_medium
from fakes.people import a_code
from fakes.town import Town
from loa_server.bulletins import services
from loa_server.bulletins.models import Approval, Bulletin, Revision
from loa_server.bulletins.refusal import Refusal
from loa_server.bulletins.services import Sound
from loa_server.console import drafts
from loa_server.dispatch.approve import Word, approve
from server.bulletins.test_notices import GOOD

Seat = Callable[..., Client]
TYPED = {**asdict(GOOD), "deadline": "2099-12-31"}


def written(town: Town, seat: Seat) -> Bulletin:
    seat(town.author).post("/bulletins/new/recruitment", TYPED)
    bulletin = Bulletin.objects.get()
    voice = Sound(a_medium().sha256)

    def ready(working: services.Working) -> services.Working:
        return replace(
            working,
            areas=(town.hamlet.id,),
            schedule={"mode": "now"},
            voices={"vi": voice},
        )

    drafts.add(bulletin, ready, town.author, datetime.now(UTC))
    return bulletin


def submitted(town: Town, bulletin: Bulletin) -> Revision | Refusal:
    return services.submit(bulletin.id, town.author, datetime.now(UTC))


def test_the_fields_become_the_fixed_sentences(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)

    assert bulletin.text["vi"].startswith("Trường Trung cấp nghề Bình Long thông báo tuyển dụng:")
    assert (bulletin.source_number, bulletin.source_issuer) == (GOOD.number, GOOD.issuer)
    assert isinstance(submitted(town, bulletin), Revision)


def test_the_form_shows_the_fields_again_and_the_free_one_leads_there(
    town: Town, seat: Seat
) -> None:
    bulletin = written(town, seat)
    client = seat(town.author)

    led = client.get(f"/bulletins/{bulletin.id}/content")
    page = client.get(f"/bulletins/{bulletin.id}/notice").content.decode()

    assert led.headers["Location"] == f"/bulletins/{bulletin.id}/notice"
    assert f'value="{GOOD.where}"' in page
    assert 'value="2099-12-31"' in page
    assert "<textarea" not in page


def test_the_free_form_writes_none_of_these_genres(town: Town, seat: Seat) -> None:
    typed = {"title_vi": "Việc nhẹ lương cao", "text_vi": "Gọi ngay", "level": "normal"}

    answer = seat(town.author).post("/bulletins/new", typed | {"genre": "recruitment"})

    assert not Bulletin.objects.exists()
    assert "Hãy chọn một lĩnh vực trong danh sách." in answer.content.decode()


def test_a_post_of_free_words_to_such_a_bulletin_changes_nothing(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)
    typed = {"title_vi": "Khác", "text_vi": "Khác", "level": "normal", "genre": "health"}

    seat(town.author).post(
        f"/bulletins/{bulletin.id}/content", typed | {"version": bulletin.version}
    )

    assert Bulletin.objects.get().text == bulletin.text


def test_words_written_behind_the_form_are_not_submitted(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)
    Bulletin.objects.update(text={"vi": bulletin.text["vi"] + " Gọi 0912345678."})

    refused = submitted(town, bulletin)

    assert isinstance(refused, Refusal)
    assert refused.code == "notice"


def test_nor_approved_where_somebody_wrote_the_rows(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)
    revision = submitted(town, bulletin)
    assert isinstance(revision, Revision)
    other = bytes(revision.payload).replace("đặt cọc".encode(), "sợ gì".encode())
    assert other != bytes(revision.payload)
    digest = services.payload.sha256(other)
    Revision.objects.update(payload=other, sha256=digest)
    now = datetime.now(UTC)

    word = Word(digest, a_code(town.approver, now))
    refused = approve(bulletin.id, town.approver, word, now)

    assert isinstance(refused, Refusal)
    assert refused.code == "notice"
    assert not Approval.objects.exists()


def test_the_approver_is_told_to_hold_the_paper(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)
    submitted(town, bulletin)

    page = seat(town.approver).get(f"/approve/{bulletin.id}").content.decode()

    assert "gọi thử số máy bàn" in page


def test_no_picture_is_taken(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)
    picture = SimpleUploadedFile("a.png", b"\x89PNG")

    answer = seat(town.author).post(f"/bulletins/{bulletin.id}/media", {"picture": picture})

    assert "chỉ được viết theo mẫu" in answer.content.decode()
    assert not bulletin.pictures.exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("phone", "0912 345 678", "Phải là số máy bàn"),
        ("what", "gọi ngay 0912345678", "không được có số điện thoại"),
        ("number", "", "Ô này chưa được điền."),
        ("deadline", "2020-01-01", "Hạn này đã qua."),
    ],
)
def test_faults_stand_beside_their_fields_and_words_stay(
    town: Town, seat: Seat, field: str, value: str, said: str
) -> None:
    page = seat(town.author).post("/bulletins/new/charity", TYPED | {field: value})

    assert said in page.content.decode()
    assert f'value="{GOOD.where}"' in page.content.decode()
    assert not Bulletin.objects.exists()


def test_of_two_who_edit_the_second_is_told(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)

    answer = seat(town.author).post(f"/bulletins/{bulletin.id}/notice", TYPED | {"version": "1"})

    assert answer.status_code == 409


def test_a_copy_is_such_a_notice_too(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)

    seat(town.author).post(f"/bulletins/{bulletin.id}/copy")

    copied = Bulletin.objects.exclude(pk=bulletin.pk).get()
    page = seat(town.author).get(f"/bulletins/{copied.id}/notice").content.decode()
    assert f'value="{GOOD.what}"' in page


def test_a_stranger_finds_no_such_draft(town: Town, seat: Seat) -> None:
    bulletin = written(town, seat)

    assert seat(town.stranger).get(f"/bulletins/{bulletin.id}/notice").status_code == 404
    assert seat(town.approver).get(f"/bulletins/{bulletin.id}/notice").status_code == 404


def test_all_faults_are_told_together(town: Town, seat: Seat) -> None:
    page = seat(town.author).post("/bulletins/new/charity", {"phone": "0912 345 678"})

    assert "Phải là số máy bàn" in page.content.decode()
    assert page.content.decode().count("Ô này chưa được điền.") == 6
