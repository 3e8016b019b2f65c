"""Notices for third parties: what their forms make, and what somebody would like to add."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.wire import a_bulletin, a_media, changed
from loa_server.bulletins import notices
from loa_server.bulletins.notices import SENTENCES, Notice
from loa_wire.bulletin import Bulletin, Screen, Source

GOOD = Notice(
    issuer="Trường Trung cấp nghề Bình Long",
    number="15/TB-TCN",
    what="lớp điện dân dụng, khóa 2026-2027",
    where="văn phòng trường, 12 đường 3/2, TP.Bình Long",
    person="cô Nguyễn Thị Bảy, phòng đào tạo",
    phone="0271 3666 123",
    deadline="31/12/2026",
)


def a_notice(genre: str = "recruitment", notice: Notice = GOOD) -> Bulletin:
    title, text = notices.words_of(genre, notice)
    return a_bulletin(
        genre=genre,
        title={"vi": title},
        text={"vi": text},
        source=Source(number=notice.number, issuer=notice.issuer),
    )


@pytest.mark.parametrize("genre", SENTENCES)
def test_what_the_form_makes_is_read_back_whole(genre: str) -> None:
    made = a_notice(genre)

    assert notices.faults(GOOD) == {}
    assert notices.read(genre, made.title["vi"], made.text["vi"]) == GOOD
    assert not notices.strays(made)
    assert "tiền" in made.text["vi"].splitlines()[-1]


STRAYS = {
    "a sentence more": lambda b: changed(b, text={"vi": b.text["vi"] + "\nGọi 0912345678."}),
    "a sentence inside": lambda b: changed(b, text={"vi": b.text["vi"].replace(
        "công an xã", "ông Tư")}),
    "without the warning": lambda b: changed(
        b, text={"vi": b.text["vi"].rsplit("\n", 1)[0]}),
    "another title": lambda b: changed(b, title={"vi": "Việc nhẹ lương cao"}),
    "a mobile number": lambda b: changed(b, text={"vi": b.text["vi"].replace(
        "0271 3666 123", "0912 345 678")}),
    "an account in a field": lambda b: changed(b, text={"vi": b.text["vi"].replace(
        "lớp điện dân dụng", "tài khoản 1903 6666 8888")}),
    "another language": lambda b: changed(b, text={**b.text, "km": "ខ្មែរ"}),
    "a voice in another language": lambda b: changed(b, audio={**b.audio, "sti": a_media()}),
    "a ticker": lambda b: changed(b, screen=Screen(ticker="Gọi ngay")),
    "a picture": lambda b: changed(b, images=[a_media(b"x", type="image/jpeg", duration_ms=None)]),
    "priority": lambda b: changed(b, level="priority"),
    "a drill": lambda b: changed(b, kind="drill"),
    "another source": lambda b: changed(b, source=Source(number="1/TB", issuer="Ai đó")),
    "another genre's words": lambda b: changed(b, genre="charity"),
    "letters apart": lambda b: changed(b, text={"vi": b.text["vi"].replace("ệ", "ê\u0323")}),
}  # fmt: skip


@pytest.mark.parametrize("name", STRAYS)
def test_whatever_else_it_says_or_shows_is_found(name: str) -> None:
    assert notices.strays(STRAYS[name](a_notice()))


def test_other_genres_say_what_they_like() -> None:
    assert not notices.strays(a_bulletin(genre="notice", text={"vi": "Việc nhẹ lương cao."}))


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("what", "việc nhẹ. Chuyển khoản ngay", "words"),
        ("what", "gọi ngay 0912.345.678", "smuggled"),
        ("what", "gọi 0-9-1-2-3-4-5-6-7-8", "smuggled"),
        ("where", "tài khoản 190366668888", "smuggled"),
        ("where", "www.lua-dao.vn", "smuggled"),
        ("person", "+84 912 345 678", "smuggled"),
        ("person", "a", "words"),
        ("issuer", "Trường\nX", "words"),
        ("issuer", "x" * 161, "words"),
        ("number", "không số", "number"),
        ("number", "", "number"),
        ("phone", "0912345678", "phone"),
        ("phone", "0271 3666", "phone"),
        ("deadline", "31/2/2026", "deadline"),
        ("deadline", "1/2/2026", "deadline"),
    ],
)
def test_each_field_says_what_is_wrong(field: str, value: str, fault: str) -> None:
    assert notices.faults(replace(GOOD, **{field: value})) == {field: fault}


@given(st.fixed_dictionaries({name: st.text(max_size=40) for name in Notice.__slots__}))
def test_no_field_makes_other_sentences(fields: dict[str, str]) -> None:
    """Whatever is typed: it is refused, or it comes out of the words as it went in."""
    notice = Notice.typed(asdict(GOOD) | fields)
    title, text = notices.words_of("charity", notice)

    found = notices.read("charity", title, text)

    assert found in (None, notice)
    assert (found is None) == bool(notices.faults(notice))
