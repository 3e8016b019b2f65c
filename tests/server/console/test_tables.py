"""Lists as files for a spreadsheet: one's own rows, in words, and nothing that it would reckon."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from fakes.deliveries import a_delivery, some_facts
from fakes.paper import WORDS, a_draft, a_published, a_submitted
from fakes.people import a_node, a_person
from fakes.town import Town
from fakes.wire import People
from loa_server.areas.models import Role
from loa_server.bulletins import watching
from loa_server.bulletins.models import Bulletin
from loa_server.ceremony.trustfolder import Held
from loa_server.console import keybook
from loa_server.console.tables import cell
from loa_server.fleet.models import Batch

Seat = Callable[..., Client]


def read(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    body = answer.content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body)))


@pytest.mark.parametrize("evil", ["=1+1", "+84", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_cell_is_a_formula(evil: str, town: Town, seat: Seat) -> None:
    assert cell(evil).strip().startswith("'")
    a_draft(town.author, town.commune, town.hamlet, words=replace(WORDS, title={"vi": evil}))
    a_node(town.hamlet, "n1", evil)

    rows = read(seat(town.author), "/bulletins/bulletins.csv")
    rows += read(seat(town.author), "/fleet/fleet.csv")

    assert not [
        one for row in rows for one in row if one.lstrip(" ").startswith(("=", "+", "-", "@", "\t"))
    ]


def test_they_hold_ones_own_rows_in_words(town: Town, seat: Seat) -> None:
    out = a_published(town.author, town.approver, town.commune, town.hamlet)
    a_delivery(out, "node-1", "failed", reason="device_lost", plays=0)

    (_titles, bulletin) = read(seat(town.author), "/bulletins/bulletins.csv")
    (_names, line) = read(seat(town.author), f"/bulletins/{out.id}/ledger.csv")
    (_heads, node) = read(seat(town.author), "/fleet/fleet.csv")

    assert bulletin[:4] == [out.id, "Lịch tiêm chủng", "Thông thường", "Đã phát hành"]
    assert line[:5] == ["Xã Tân Quan", "Ấp 1", "Nhà văn hóa", "node-1", "Lỗi"]
    assert "Mất card âm thanh hoặc loa" in line
    assert node[:5] == ["Xã Tân Quan", "Ấp 1", "Nhà văn hóa", "node-1", "Chưa từng báo về"]
    assert seat(town.stranger).get(f"/bulletins/{out.id}/ledger.csv").status_code == 404
    assert out.id not in str(read(seat(town.stranger), "/bulletins/bulletins.csv"))
    assert "node-1" not in str(read(seat(town.stranger), "/fleet/fleet.csv"))


def test_accounts_leave_in_words_for_their_registrar_alone(town: Town, seat: Seat) -> None:
    registrar = a_person("quan-tri", (Role.REGISTRAR, town.commune))

    (_heads, *rows) = read(seat(registrar), "/people/people.csv")

    assert ["lan", "Lan", "Biên tập · Xã Tân Quan", "Chưa cài"] in [row[:4] for row in rows]
    assert "la" not in [row[0] for row in rows]
    assert seat(town.author).get("/people/people.csv").status_code == 404


def test_what_a_node_told_is_a_list_of_its_own_in_words(town: Town, seat: Seat) -> None:
    out = a_published(town.author, town.approver, town.commune, town.hamlet)
    some_facts("node-1", out)
    client = seat(town.author)

    (_titles, *facts) = read(client, "/fleet/node-1/history.csv")

    assert facts[0][2] == "Phát xong"
    assert len(facts) == 4
    assert facts[0][3:5] == [out.id, "Lịch tiêm chủng"]
    assert "/fleet/node-1/history.csv" in client.get("/fleet/node-1/history").content.decode()
    assert seat(town.stranger).get("/fleet/node-1/history.csv").status_code == 404


def test_who_heard_what_was_wrong_is_a_list_to_take_along(town: Town, seat: Seat) -> None:
    wrong = a_published(town.author, town.approver, town.commune, town.hamlet)
    a_delivery(wrong, "node-1", "played", plays=2)
    right = a_draft(town.author, town.commune, town.hamlet)
    Bulletin.objects.filter(pk=right.pk).update(replaces=wrong)
    client = seat(town.author)

    (_titles, line) = read(client, f"/bulletins/{right.pk}/heard.csv")

    assert line == ["Ấp 1", "Nhà văn hóa", "node-1", "2", "Chưa gửi tới"]
    assert "heard.csv" in client.get(f"/bulletins/{right.pk}/heard").content.decode()
    assert client.get(f"/bulletins/{wrong.pk}/heard.csv").status_code == 404


def test_what_waits_for_approval_is_a_list_of_its_own(town: Town, seat: Seat) -> None:
    waits = a_submitted(town.author, town.commune, town.hamlet)

    (_titles, line) = read(seat(town.approver), "/approve/queue.csv")

    assert line[:5] == [waits.pk, "Lịch tiêm chủng", "Thông thường", "Xã Tân Quan", "Lan"]
    assert line[6] == "Chờ duyệt"
    assert "/approve/queue.csv" in seat(town.approver).get("/approve/").content.decode()
    assert read(seat(town.both), "/approve/queue.csv")[1:] == [line]
    assert seat(town.author).get("/approve/queue.csv").status_code == 404


def test_watched_words_leave_with_who_wrote_them(town: Town, seat: Seat) -> None:
    watching.add(town.commune, "số đề", town.approver, datetime.now(UTC))

    (_titles, line) = read(seat(town.approver), "/watch/watch.csv")

    assert line[:3] == ["số đề", "Xã Tân Quan", "Hung"]
    assert "/watch/watch.csv" in seat(town.approver).get("/watch/").content.decode()
    assert read(seat(a_person("xa", (Role.APPROVER, town.next_door))), "/watch/watch.csv")[1:] == []
    assert seat(town.author).get("/watch/watch.csv").status_code == 404


def test_lots_and_keys_are_lists_for_those_who_may_see_them(
    town: Town, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People()
    monkeypatch.setattr(
        keybook, "_held", lambda _config: Held(people.root(), b"", people.register(), b"")
    )
    client = seat(a_person("registrar", (Role.REGISTRAR, town.commune)))
    Batch.objects.create(
        area=town.commune, name="Đợt 1", sha256="0" * 64, uses=5, until=datetime.now(UTC),
        made_by=town.author, made_at=datetime.now(UTC),
    )  # fmt: skip

    (_titles, lot) = read(client, "/batches/batches.csv")
    (_names, *keys) = read(client, "/keys/keys.csv")

    assert lot[:4] == ["Đợt 1", "Xã Tân Quan", "0", "5"]
    assert [key[0] for key in keys][:2] == ["publisher", "publisher"]
    assert keys[0][2] == "ký bản tin và lệnh dừng"
