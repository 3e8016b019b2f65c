"""The emergency room: an alarm on one page, the name that must be typed, the board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.paper import WORDS, a_draft, a_published
from fakes.people import a_node, a_person
from fakes.town import Town
from loa_server.areas.models import Person, Role
from loa_server.bulletins.models import Bulletin, State
from loa_server.console import urgency
from loa_server.console.urgency import look, named, next_repeat, smallest_around
from loa_server.dispatch.models import Delivery
from loa_wire.bulletin import Repeat, Schedule

Seat = Callable[[Person | None], Client]
FLOOD = replace(WORDS, level="emergency", alert="flood", title={"vi": "Lũ về"})
SIGNED = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MOST_QUERIES = 8


@pytest.fixture
def officer(town: Town) -> Person:
    return a_person("trucban", (Role.DUTY, town.commune))


def typed(town: Town, **changes: object) -> dict[str, object]:
    said: dict[str, object] = {
        "alert": "flood",
        "title_vi": "Nước lên nhanh",
        "text_vi": "Bà con ấp 1 lên chỗ cao ngay.",
        "areas": [town.hamlet.id],
        "times": "4",
        "gap": "10",
    }
    return said | changes


@pytest.mark.usefixtures("officer")
def test_an_alarm_is_written_on_one_page_and_goes_on_to_its_voice(town: Town, seat: Seat) -> None:
    answer = seat(town.author).post("/emergency/new", typed(town))

    made = Bulletin.objects.get()
    assert answer.headers["Location"] == f"/bulletins/{made.id}/media"
    assert (made.level, made.kind, made.alert, made.genre) == (
        "emergency",
        "play",
        "flood",
        "weather",
    )
    assert made.schedule == {"mode": "now", "repeat": {"times": 4, "gap_s": 600}}
    assert [area.id for area in made.areas.all()] == [town.hamlet.id]


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"alert": ""}, "phải nói rõ loại báo động"),
        ({"areas": []}, "Hãy chọn ít nhất một địa bàn"),
        ({"title_vi": ""}, "chưa có tiêu đề"),
        ({"times": "99"}, "20"),
        ({"times": "20", "gap": "60"}, "có hiệu lực 6 giờ"),
        ({"areas": ["vn-25345"]}, "không được gửi bản tin tới địa bàn này"),
    ],
)
def test_a_fault_stands_beside_its_field_and_what_was_typed_stays(
    town: Town, seat: Seat, change: dict[str, object], said: str
) -> None:
    answer = seat(town.author).post("/emergency/new", typed(town, **change))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "lên chỗ cao ngay" in page
    assert not Bulletin.objects.exists()


def test_without_a_duty_officer_nobody_is_led_astray(town: Town, seat: Seat) -> None:
    author = seat(town.author)

    assert "Chưa báo động được" in author.get("/emergency/").content.decode()
    assert author.get("/emergency/new").status_code == 404


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("", False),
        ("Tân Hưng", False),
        ("Tân Quan", False),
        ("Ấp 1", True),
        ("ap 1", True),
        ("  ẤP   1 ", True),
    ],
)
def test_the_name_of_the_place_is_typed_before_it_is_submitted(
    town: Town, seat: Seat, name: str, *, taken: bool
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet, words=FLOOD)

    answer = seat(town.author).post(
        f"/bulletins/{draft.id}/submit", {"version": draft.version, "named": name}
    )

    draft.refresh_from_db()
    assert (draft.state == State.SUBMITTED) is taken
    if not taken:
        page = answer.content.decode()
        assert "Chưa đúng tên. Nơi sẽ báo động là Ấp 1" in page
        assert f'value="{name}"' in page


def test_several_places_are_named_by_what_holds_them_all(town: Town) -> None:
    assert smallest_around([town.hamlet, town.empty]) == town.commune
    assert smallest_around([town.hamlet]) == town.hamlet
    assert smallest_around([town.hamlet, town.next_door]) is None
    assert named("xa tan quan", town.commune)
    assert not named("tan", town.commune)


@pytest.mark.parametrize(
    ("state", "sounded", "seen"),
    [
        ("expected", None, "silent"),
        ("accepted", None, "received"),
        ("ready", None, "received"),
        ("playing", SIGNED, "heard"),
        ("played", SIGNED, "heard"),
        ("partial", SIGNED, "heard"),
        ("failed", None, "trouble"),
        ("failed", SIGNED, "heard"),
        ("refused", None, "trouble"),
        ("missed", None, "trouble"),
    ],
)
def test_what_a_loudspeaker_looks_like(state: str, sounded: datetime | None, seen: str) -> None:
    assert look(state, sounded=sounded is not None) == seen


def test_the_next_repeat_is_by_the_signatures_clock() -> None:
    four = Schedule(mode="now", repeat=Repeat(times=4, gap_s=600))

    def after(minutes: int) -> object:
        return next_repeat(four, SIGNED, SIGNED + timedelta(minutes=minutes))

    assert after(1) == (2, 4, SIGNED + timedelta(minutes=10))
    assert after(29) == (4, 4, SIGNED + timedelta(minutes=30))
    assert after(31) is None
    assert next_repeat(Schedule(mode="now"), SIGNED, SIGNED) is None
    assert next_repeat(four, None, SIGNED) is None


def running(town: Town) -> Bulletin:
    """Out, on three loudspeakers: one has sounded, one has it, of one nobody knows."""
    alarm = a_draft(town.author, town.commune, town.commune, words=FLOOD)
    Bulletin.objects.filter(pk=alarm.pk).update(state=State.PUBLISHED, rev=1)
    nodes = [a_node(town.hamlet, f"n-{n}") for n in range(3)]
    for seq, (node, state) in enumerate(zip(nodes, ("playing", "ready", "expected"), strict=True)):
        sounded = SIGNED + timedelta(seconds=3) if state == "playing" else None
        Delivery.objects.create(
            bulletin=alarm, node=node, rev=1, state=state, seq=seq + 1,
            first_sound_at=sounded, changed_at=SIGNED,
        )  # fmt: skip
    return alarm


def test_the_board_counts_and_puts_the_silent_ones_first(town: Town, seat: Seat) -> None:
    alarm = running(town)

    made = urgency.board(Delivery.objects.filter(bulletin=alarm), SIGNED)
    part = seat(town.author).get(f"/emergency/{alarm.id}?part=board").content.decode()

    assert (made.of, made.heard, made.received, made.silent, made.trouble) == (3, 1, 1, 1, 0)
    assert [tile.look for tile in made.tiles] == ["silent", "received", "heard"]
    assert (made.first_s, made.last_s, made.tiles[-1].after) == (3, 3, 3)
    assert made.line == "0,100 3,100 3,67 120,67"
    assert part.index("look-silent", part.index("tiles")) < part.index("tile look-heard")
    assert "<html" not in part


def test_where_no_loudspeaker_is_the_pages_say_that_nobody_has_heard_it(
    town: Town, seat: Seat
) -> None:
    """And not that it is about to be sent: somebody has to go there."""
    out = a_published(town.author, town.approver, town.commune, town.hamlet)
    Bulletin.objects.filter(pk=out.pk).update(level="emergency")

    for path in (f"/emergency/{out.id}", f"/emergency/{out.id}?part=board", f"/bulletins/{out.id}"):
        page = seat(town.author).get(path).content.decode()
        assert "Hãy báo bằng cách khác" in page
        assert "Đang ký và gửi đi" not in page
        assert "Chưa gửi đi đâu cả" not in page


def test_many_loudspeakers_are_counted_by_place(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = running(town)
    monkeypatch.setattr(urgency, "TILES", 2)

    made = urgency.board(Delivery.objects.filter(bulletin=alarm), SIGNED)

    assert [(t.name, t.heard, t.of, t.look) for t in made.tiles] == [("Tân Quan", 1, 3, "silent")]


def test_a_neighbour_sees_nothing_of_it(town: Town, seat: Seat) -> None:
    alarm = running(town)

    assert alarm.id in seat(town.approver).get("/emergency/").content.decode()
    assert alarm.id not in seat(town.stranger).get("/emergency/").content.decode()
    assert seat(town.stranger).get(f"/emergency/{alarm.id}").status_code == 404


def test_its_pages_ask_little_of_the_database(town: Town, officer: Person, seat: Seat) -> None:
    alarm = running(town)

    for person in (town.author, officer):
        client = seat(person)
        for path in ("/emergency/", f"/emergency/{alarm.id}?part=board"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(path).status_code == 200
            assert len(queries) <= MOST_QUERIES, (path, len(queries))
