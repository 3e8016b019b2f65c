"""Lịch phát: seven days as the loudspeakers will reckon them, and one start left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.paper import WORDS, a_medium, a_published, a_submitted, published
from fakes.people import a_node, a_person
from fakes.town import Town
from loa_server.bulletins.models import Bulletin, Media, Revision
from loa_server.bulletins.services import Working
from loa_server.ingest.models import StoredFact
from loa_wire.localtime import LOCAL

Seat = Callable[..., Client]
TOMORROW = (datetime.now(LOCAL) + timedelta(days=1)).date()


def at(*times: str, title: str = "Lịch tiêm chủng", **schedule: object) -> Working:
    until = (TOMORROW + timedelta(days=5)).isoformat()
    rule = {"mode": "at", "times": list(times), "until": until, **schedule}
    return replace(WORDS, title={"vi": title}, schedule=rule)


def out(town: Town, words: Working) -> Bulletin:
    return a_published(town.author, town.approver, town.commune, town.hamlet, words=words)


def entries(page: str) -> list[str]:
    """Of the list of days, which holds what the table holds: '05:00 Lịch tiêm chủng …'."""
    days = page.partition('class="week-days"')[2]
    found = re.findall(r'<div class="entry.*?</div>', days, re.S)
    return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in found]


def shown(client: Client, query: str = "") -> list[str]:
    return entries(client.get(f"/schedule/{query}").content.decode())


def test_every_day_it_will_play_stands_in_its_hour_with_its_length(town: Town, seat: Seat) -> None:
    out(town, at("17:00"))

    page = seat(town.approver).get("/schedule/?node=node-1").content.decode()

    assert sum(e.startswith("17:00 Lịch tiêm chủng") for e in entries(page)) >= 6
    assert "8 giây" in entries(page)[-1]  # 4.2 s of voice, chime and closing
    assert page.count('<td class="half-quiet"') == 14  # 04:45 and 21:30; the night is no row at all


def test_what_falls_into_quiet_hours_is_struck_through_with_the_reason(
    town: Town, seat: Seat
) -> None:
    out(town, at("22:30", "20:59"))

    found = shown(seat(town.approver))

    silent = [e for e in found if e.startswith("22:30")]
    assert len(silent) >= 6
    assert all("Không phát: Rơi vào giờ yên lặng" in e for e in silent)
    page = seat(town.approver).get("/schedule/").content.decode()
    assert re.search(r'class="entry normal odd-hour silent"', page)
    assert not re.search(r'class="entry normal odd-hour"', page)


def test_two_at_one_time_play_after_each_other_and_it_says_so(town: Town, seat: Seat) -> None:
    a_medium()
    Media.objects.update(duration_ms=130_000)
    out(town, at("05:00", title="Bản trước"))
    out(town, at("05:00", title="Bản sau"))

    first, second = shown(seat(town.approver))[:2]

    assert first.startswith("05:00 Bản trước")
    assert second.startswith("05:02 Bản sau")
    assert "Trùng lịch: phát tiếp sau bản trước" in second
    assert "Trùng lịch" not in first


def test_a_stranger_sees_nothing_and_asks_for_nothing_of_this_commune(
    town: Town, seat: Seat
) -> None:
    out(town, at("17:00"))

    assert shown(seat(town.stranger)) == []
    for query in ("?area=vn-25351", "?node=node-1"):
        assert seat(town.stranger).get(f"/schedule/{query}").status_code == 404
    said = seat(town.stranger).get("/schedule/?q=tan quan").content.decode()
    assert "Không có nơi nào tên như vậy" in said


def test_a_place_is_found_without_diacritics(town: Town, seat: Seat) -> None:
    said = seat(town.author).get("/schedule/?q=soc bu dop").content.decode()

    assert 'href="?area=vn-25351-02"' in said
    assert "vn-25351-01" not in said.partition("Nơi tìm thấy")[2].partition("</section>")[0]


def test_what_has_played_is_not_foretold_again(town: Town, seat: Seat) -> None:
    bulletin = out(town, at("17:00"))
    planned = datetime.combine(TOMORROW, datetime.min.time(), LOCAL).replace(hour=17)
    before = shown(seat(town.author))
    now = datetime.now(UTC)
    StoredFact.objects.create(
        node_id="node-1", epoch="e", seq=1, received_at=now, at=now, clock="proved", boot="b",
        fact="ended", bulletin=bulletin.id, result="played", raw=b"{}",
        occurrence=f"{bulletin.id}/{int(planned.timestamp() * 1000)}",
    )  # fmt: skip

    assert len(shown(seat(town.author))) == len(before) - 1


def test_its_author_leaves_one_start_out_and_a_second_person_agrees(town: Town, seat: Seat) -> None:
    bulletin = out(town, at("05:00", "17:00"))
    moment = f"{TOMORROW.isoformat()}T17:00"
    client = seat(town.author)
    before = shown(client)
    link = f"/schedule/{bulletin.id}/skip?moment={moment}"
    assert link in client.get("/schedule/").content.decode()
    assert "17:00" in client.get(link).content.decode()

    assert client.post(f"/schedule/{bulletin.id}/skip", {"moment": moment}).status_code == 302

    bulletin.refresh_from_db()
    assert bulletin.state == "submitted"
    assert shown(client) == before  # until somebody has approved it
    revision = Revision.objects.get(bulletin=bulletin, rev=2)
    assert json.loads(bytes(revision.payload))["schedule"]["skip_times"] == [moment]
    published(revision)
    assert len(shown(client)) == len(before) - 1
    day = f"{TOMORROW:%d/%m}"
    assert day not in "".join(e for e in shown(client) if e.startswith("17:00"))


@pytest.mark.parametrize("who", ["approver", "both", "stranger"])
def test_nobody_but_its_author_leaves_a_start_out(who: str, town: Town, seat: Seat) -> None:
    bulletin = out(town, at("05:00"))
    moment = f"{TOMORROW.isoformat()}T05:00"
    client = seat(getattr(town, who))

    assert "/skip" not in client.get("/schedule/").content.decode()
    answer = client.post(f"/schedule/{bulletin.id}/skip", {"moment": moment})

    assert answer.status_code == (404 if who == "stranger" else 422)
    bulletin.refresh_from_db()
    assert (bulletin.state, bulletin.rev) == ("published", 1)


@pytest.mark.parametrize(
    ("moment", "says"),
    [("2020-01-01T05:00", "đã qua"), ("hôm nay", ""), ("2026-13-01T05:00", "")],
)
def test_a_start_that_is_over_or_no_moment_at_all_changes_nothing(
    moment: str, says: str, town: Town, seat: Seat
) -> None:
    bulletin = out(town, at("05:00"))

    answer = seat(town.author).post(f"/schedule/{bulletin.id}/skip", {"moment": moment})

    assert answer.status_code == (422 if says else 404)
    assert says in answer.content.decode()
    bulletin.refresh_from_db()
    assert bulletin.state == "published"


def test_what_is_still_being_written_is_changed_where_it_is_written(town: Town, seat: Seat) -> None:
    bulletin = a_submitted(town.author, town.commune, town.hamlet)
    moment = f"{TOMORROW.isoformat()}T05:00"

    answer = seat(town.author).post(f"/schedule/{bulletin.id}/skip", {"moment": moment})

    assert answer.status_code == 422
    assert "bước 4" in answer.content.decode()


def test_a_commune_of_many_nodes_costs_no_more_questions(town: Town, seat: Seat) -> None:
    out(town, at("05:00", "17:00"))
    client = seat(town.approver)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/schedule/").status_code == 200
        return len(queries)

    few = asked()
    for n in range(30):
        a_node(town.hamlet, f"node-x{n}")

    assert asked() == few <= 10
    assert "31/31" in shown(client)[0]


def test_quiet_weeks_and_new_accounts_are_told_what_they_see(town: Town, seat: Seat) -> None:
    nobody = a_person("moi")

    assert "chưa có bản tin nào theo lịch" in seat(town.author).get("/schedule/").content.decode()
    assert "chưa có địa bàn nào" in seat(nobody).get("/schedule/").content.decode()
    empty = seat(town.author).get("/schedule/?area=vn-25351-02").content.decode()
    assert "Chưa có cụm loa nào hoạt động ở đây" in empty
    for query in ("?from=2020-01-01", "?from=x", "?from=2099-01-01"):
        assert seat(town.author).get(f"/schedule/{query}").status_code == 200
