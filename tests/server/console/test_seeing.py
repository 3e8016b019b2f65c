"""The ledger, the fleet, a node and the files behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from fakes.deliveries import a_delivery, some_facts
from fakes.paper import a_draft, a_medium, a_submitted, an_approved
from fakes.people import a_node
from fakes.town import Town
from loa_server.bulletins.models import Media, Revision
from loa_server.fleet.models import Node


@pytest.mark.parametrize(
    ("state", "columns", "said"),
    [
        ("expected", {}, ["Chưa báo về", "0/1"]),
        ("accepted", {}, ["Đã nhận"]),
        ("ready", {}, ["Sẵn sàng"]),
        ("playing", {"evidence": "command"}, ["Đang phát", "chưa có bằng chứng"]),
        (
            "played",
            {"evidence": "device", "plays": 1, "planned": 2},
            ["Đã phát", "1/2", "âm thanh đã ra tới card loa"],
        ),
        ("partial", {"reason": "preempted"}, ["Phát dở", "Nhường cho bản tin gấp hơn"]),
        ("failed", {"reason": "device_lost"}, ["Lỗi", "Mất card âm thanh hoặc loa"]),
        ("missed", {"reason": "late"}, ["Bỏ lỡ", "Quá giờ phát"]),
        ("failed", {"reason": "a_reason_of_tomorrow"}, ["a_reason_of_tomorrow"]),
    ],
)
def test_a_ledger_line_says_what_is_known_of_one_node(
    state: str, columns: dict[str, object], said: list[str], town: Town, seat: Callable[..., Client]
) -> None:
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    a_delivery(out, "node-1", state, **columns)

    page = seat(town.author).get(f"/bulletins/{out.id}").content.decode()

    line = page[page.index('<tr data-node="node-1"') :]
    line = line[: line.index("</tr>")]
    assert [words for words in said if words not in line] == []
    assert f"chip-{state}" in line


def test_totals_count_every_state_and_filter_by_it(town: Town, seat: Callable[..., Client]) -> None:
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    for n, state in enumerate(("played", "played", "failed", "expected")):
        a_delivery(out, a_node(town.hamlet, f"n{n}").id, state)
    client = seat(town.author)

    page = client.get(f"/bulletins/{out.id}?state=failed")
    totals = {total.state: total.count for total in page.context["totals"]}

    assert (totals["played"], totals["failed"], totals["expected"]) == (2, 1, 1)
    assert [row.node_id for row in page.context["leaf"].rows] == ["n2"]
    assert "<html" not in client.get(f"/bulletins/{out.id}?part=totals").content.decode()


def test_a_ledger_line_lets_no_name_and_no_nodes_word_become_a_tag(
    town: Town, seat: Callable[..., Client]
) -> None:
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    a_delivery(out, "node-1", "failed", reason="<i>x</i>", evidence='"><u>')
    Node.objects.filter(pk="node-1").update(name="<script>alert(1)</script>")

    page = seat(town.author).get(f"/bulletins/{out.id}").content.decode()

    for bad, good in (
        ("<script>alert", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<i>x", "&lt;i&gt;x&lt;/i&gt;"),
        ('"><u>', "&quot;&gt;&lt;u&gt;"),
    ):
        assert bad not in page
        assert good in page


def test_who_is_gone_does_not_play_what_it_said_last(
    town: Town, seat: Callable[..., Client]
) -> None:
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    health = {
        "typ": "health", "v": 1, "node": "node-1", "at": 1, "clock": "synced", "boot": "b",
        "playing": {"bulletin": out.id, "occurrence": "x", "since": 1},
    }  # fmt: skip
    found = Node.objects.filter(pk="node-1")

    for online in (True, False):
        found.update(health=health, seen_at=datetime.now(UTC), online=online)
        for path in ("/fleet/", "/fleet/node-1"):
            page = seat(town.author).get(path).content.decode()
            assert ("chip-playing" in page) is online


def test_the_live_page_asks_for_what_is_newer_than_it_shows(
    town: Town, seat: Callable[..., Client]
) -> None:
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    last = a_delivery(out, "node-1", "ready")

    page = seat(town.author).get(f"/bulletins/{out.id}").content.decode()

    assert f'data-live="/live/bulletin/{out.id}?after={last.seq}"' in page
    assert "data-live-lost hidden" in page


def test_the_fleet_counts_who_is_there_and_puts_the_silent_first(
    town: Town, seat: Callable[..., Client]
) -> None:
    now = datetime.now(UTC)
    for name, seconds, online in (("on", 5, True), ("late", 75, True), ("off", 5, False)):
        node = a_node(town.hamlet, name)
        Node.objects.filter(pk=node.pk).update(
            seen_at=now - timedelta(seconds=seconds), online=online
        )
    client = seat(town.author)

    page = client.get("/fleet/")
    gone = client.get("/fleet/?state=offline")

    assert dict(page.context["totals"]) == {"offline": 1, "late": 1, "never": 1, "online": 1}
    assert page.context["leaf"].rows[0].id == "node-1"
    assert [row.id for row in gone.context["leaf"].rows] == ["off"]


@pytest.mark.parametrize("words", ["ap soc bu dop", "Bù Đốp", "tan quan dop", "node-9"])
def test_a_node_is_found_without_diacritics(
    words: str, town: Town, seat: Callable[..., Client]
) -> None:
    a_node(town.empty, "node-9", "Ấp")

    page = seat(town.author).get("/fleet/", {"q": words})

    assert [row.id for row in page.context["leaf"].rows] == ["node-9"]


def test_a_node_says_in_plain_words_what_ails_it_and_what_happened(
    town: Town, seat: Callable[..., Client]
) -> None:
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    some_facts("node-1", out)
    health = {
        "typ": "health", "v": 1, "node": "node-1", "at": 1, "clock": "unknown", "boot": "b",
        "readings": {"card_free_mb": 100, "temperature_dc": 512, "under_voltage": True},
    }  # fmt: skip
    Node.objects.filter(pk="node-1").update(health=health, seen_at=datetime.now(UTC), online=True)

    page = seat(town.author).get("/fleet/node-1").content.decode()

    for words in ("Nguồn điện yếu", "Thẻ nhớ sắp đầy", "Đồng hồ chưa đáng tin", "51 °C"):
        assert words in page
    log = seat(town.author).get("/fleet/node-1/history").content.decode()
    assert "<b>Phát xong</b>: Lịch tiêm chủng" in log


@pytest.mark.parametrize(
    ("asked", "status", "body", "where"),
    [
        (None, 200, b"OggS voice", None),
        ("bytes=0-3", 206, b"OggS", "bytes 0-3/10"),
        ("bytes=5-", 206, b"voice", "bytes 5-9/10"),
        ("bytes=-5", 206, b"voice", "bytes 5-9/10"),
        ("bytes=0-99", 206, b"OggS voice", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=0-1,3-4", 200, b"OggS voice", None),
        ("bytes=" + "9" * 5000 + "-", 416, b"", "bytes */10"),
        ("bytes=-" + "9" * 5000, 416, b"", "bytes */10"),
        ("bytes=0-" + "9" * 5000, 416, b"", "bytes */10"),
        ("bytes=\u0665-", 200, b"OggS voice", None),
    ],
)
def test_a_voice_can_be_heard_from_any_point(
    asked: str | None,
    status: int,
    body: bytes,
    where: str | None,
    town: Town,
    seat: Callable[..., Client],
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    address = f"/bulletins/{draft.id}/file/{draft.voices.get().media_id}"

    answer = seat(town.author).get(address, headers={"Range": asked} if asked else {})

    assert (answer.status_code, b"".join(answer)) == (status, body)
    assert answer.get("Content-Range") == where


def test_a_file_of_another_bulletin_is_not_reached_through_mine(
    town: Town, seat: Callable[..., Client]
) -> None:
    mine = a_draft(town.author, town.commune, town.hamlet)
    other = a_medium(b"OggS another voice")

    client = seat(town.author)

    assert client.get(f"/bulletins/{mine.id}/file/{other.sha256}").status_code == 404
    assert client.get(f"/bulletins/{mine.id}/file/..%2f..%2fsecret").status_code == 404


def test_the_approver_sees_the_bytes_their_hash_and_how_many_nodes(
    town: Town, seat: Callable[..., Client]
) -> None:
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    Media.objects.update(origin="tts:espeak-ng")
    revision = Revision.objects.get(bulletin=waiting)

    page = seat(town.approver).get(f"/approve/{waiting.id}").content.decode()

    assert f'name="sha256" value="{revision.sha256}"' in page
    for words in (
        "Mời bà con đưa trẻ đến trạm y tế xã",
        "1 cụm loa",
        "Phát ngay khi được duyệt",
        f"/file/{Media.objects.get().sha256}",
        "Giọng máy",
        "&quot;typ&quot;: &quot;bulletin&quot;",
    ):
        assert words in page


def test_what_people_typed_is_never_markup(town: Town, seat: Callable[..., Client]) -> None:
    client = seat(town.author)
    typed = {"title_vi": "<b>x</b>", "text_vi": "<img src=x>", "genre": "news", "level": "normal"}

    made = client.post("/bulletins/new", typed)
    pages = [made["Location"], made["Location"].replace("media", "check"), "/", "/bulletins/"]

    for address in pages:
        said = client.get(address).content.decode()
        assert "<b>x</b>" not in said
        assert "<img src=x>" not in said
