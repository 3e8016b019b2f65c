"""Lists as files for a spreadsheet: one's own rows, in words, and nothing that it would reckon."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from fakes.deliveries import a_delivery
from fakes.paper import WORDS, a_draft, a_published
from fakes.people import a_node, a_person
from fakes.town import Town
from loa_server.areas.models import Role
from loa_server.console.tables import cell

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
