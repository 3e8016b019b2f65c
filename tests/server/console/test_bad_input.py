"""Bad input stands beside its field, in words a clerk understands, and what was typed is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from fakes.paper import WORDS, a_draft, a_submitted
from fakes.town import Town
from loa_server.bulletins.models import Bulletin
from loa_wire.localtime import LOCAL

GOOD = {
    "title_vi": "Lịch tiêm chủng",
    "text_vi": "Mời bà con đưa trẻ đến trạm y tế.",
    "genre": "health",
    "level": "normal",
}


def written(client: Client, **changes: str) -> tuple[int, str]:
    answer = client.post("/bulletins/new", {**GOOD, **changes})
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence", "kept"),
    [
        ({"title_vi": "", "text_vi": ""}, "Bản tin còn trống", "health"),
        ({"title_vi": "  "}, "Có nội dung nhưng chưa có tiêu đề", "đưa trẻ đến trạm"),
        ({"text_vi": "Vui lắm 😀 bà con ơi"}, "Màn hình không hiển thị được: 😀", "Vui lắm 😀"),
        ({"text_km": "ខ្មែរ \u202e"}, "U+202E", "Mời bà con"),
        ({"title_km": "", "text_km": "សួស្តី"}, "chưa có tiêu đề", "សួស្តី"),
        ({"genre": ""}, "Ô này chưa được điền", "Mời bà con"),
        ({"genre": "gossip"}, "Hãy chọn một lĩnh vực", "Mời bà con"),
        ({"level": "emergency"}, "emergency", "Mời bà con"),
        ({"title_vi": "x" * 201}, "200", "x" * 201),
        ({"ticker": "☃"}, "☃", "Mời bà con"),
    ],
)
def test_words_that_cannot_stand_are_refused_with_what_was_typed_kept(
    changes: dict[str, str],
    sentence: str,
    kept: str,
    town: Town,
    seat: Callable[..., Client],
) -> None:
    status, said = written(seat(town.author), **changes)

    assert status == 200
    assert 'class="wrong"' in said
    assert sentence in said
    assert kept in said
    assert not Bulletin.objects.exists()


def test_the_tab_with_the_fault_is_the_one_that_is_open(
    town: Town, seat: Callable[..., Client]
) -> None:
    _status, said = written(seat(town.author), text_km="សួស្តី")

    assert 'id="tab-2" checked' in said


@pytest.mark.parametrize(
    ("areas", "sentence"),
    [
        ([], "Hãy chọn ít nhất một địa bàn"),
        (["vn-25351-02"], "Chưa có cụm loa nào ở: Sóc Bù Đốp"),
        (["vn-25351-01", "vn-25351-02"], "Chưa có cụm loa nào ở: Sóc Bù Đốp"),
        (["vn-25345"], "Bạn không được gửi bản tin tới địa bàn này"),
        (["nowhere"], "Bạn không được gửi"),
    ],
)
def test_areas_that_cannot_hear_it_are_refused_and_the_ticks_kept(
    areas: list[str], sentence: str, town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune)

    answer = seat(town.author).post(
        f"/bulletins/{draft.id}/areas", {"version": draft.version, "areas": areas}
    )

    said = answer.content.decode()
    assert sentence in said
    assert said.count(" checked") == sum(area.startswith("vn-25351") for area in areas)
    assert not draft.areas.exists()


def day(after: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=7, days=after)).date().isoformat()


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({}, "mode", "Hãy chọn phát khi nào"),
        ({"mode": "at"}, "times", "ít nhất một giờ phát"),
        ({"mode": "at", "times": ["25:00"]}, "times", "không phải là giờ"),
        ({"mode": "at", "times": ["05:00"]}, "until", "phát đến hết ngày nào"),
        ({"mode": "at", "times": ["05:00"], "until": day(-1)}, "until", "Ngày này đã qua"),
        ({"mode": "at", "times": ["00:00"], "until": day(0)}, "times", "Các giờ này đã qua"),
        ({"mode": "at", "times": ["05:00"], "until": day(60)}, "until", "tối đa 45 ngày"),
        (
            {"mode": "at", "times": ["05:00"], "from": day(3), "until": day(2)},
            "until",
            "đứng trước ngày bắt đầu",
        ),
        ({"mode": "now", "ends_at": f"{day(-1)}T05:00"}, "ends_at", "Lúc này đã qua"),
        ({"mode": "now", "ends_at": f"{day(50)}T05:00"}, "ends_at", "tối đa 45 ngày"),
        ({"mode": "slots", "plays": "900", "until": day(2)}, "plays", "60"),
        ({"mode": "now", "repeat": "2", "gap": "0"}, "gap", "1"),
    ],
)
def test_a_time_that_cannot_be_is_refused_beside_its_field(
    typed: dict[str, Any], field: str, sentence: str, town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)

    answer = seat(town.author).post(
        f"/bulletins/{draft.id}/when", {"version": draft.version, **typed}
    )

    form = answer.context["form"]
    assert sentence in " ".join(form.errors[field])
    assert answer.content.decode().count('class="wrong"') >= 1
    assert Bulletin.objects.get(id=draft.id).schedule == WORDS.schedule


def test_the_saved_moment_is_the_hamlets_own_time(town: Town, seat: Callable[..., Client]) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)

    seat(town.author).post(
        f"/bulletins/{draft.id}/when",
        {"version": draft.version, "mode": "now", "ends_at": f"{day(1)}T05:30"},
    )

    expires = Bulletin.objects.get(id=draft.id).expires_at
    assert expires is not None
    assert expires.astimezone(LOCAL).isoformat() == f"{day(1)}T05:30:00+07:00"


def test_text_is_no_recording_and_says_so_beside_the_box(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    held = draft.voices.get().media_id
    playlist = BytesIO(b"#EXTM3U\n#EXTINF:10,\nhttp://example.invalid/a.ts\n")
    playlist.name = "loa.mp3"

    answer = seat(town.author).post(
        f"/bulletins/{draft.id}/media", {"voice_vi": playlist, "do": "next"}
    )

    said = answer.content.decode()
    assert "loa.mp3: Tệp này là danh sách liên kết" in said
    assert draft.voices.get().media_id == held


def test_a_reason_is_needed_to_send_back(town: Town, seat: Callable[..., Client]) -> None:
    waiting = a_submitted(town.author, town.commune, town.hamlet)

    answer = seat(town.approver).post(f"/approve/{waiting.id}/return", {"reason": "  "})

    assert "Hãy ghi lý do" in answer.content.decode()
    assert Bulletin.objects.get(id=waiting.id).state == "submitted"
