"""Địa bàn at the console: found without marks, renamed, moved, merged, brought in by a file. Old
names stay where they were true, nodes are told, nobody reaches beyond their own."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.deliveries import a_delivery
from fakes.paper import an_approved
from fakes.people import a_code, a_node, a_person, an_area
from fakes.town import Town
from loa_server.areas import tree
from loa_server.areas.models import Area, AreaName, Person, Role
from loa_server.areas.naming import called_on
from loa_server.audit.models import Entry
from loa_server.bulletins.models import Approval
from loa_server.dispatch.models import Delivery, Intent
from loa_server.dispatch.services import standing_of
from loa_server.fleet.models import Node
from loa_wire.localtime import LOCAL

Seat = Callable[..., Client]
MOST_QUERIES = 8


@pytest.fixture
def registrar(town: Town) -> Person:
    """Of the commune, not of the one next door."""
    return a_person("quantri", (Role.REGISTRAR, town.commune))


@pytest.fixture
def district(town: Town) -> Person:
    """Of a district above both."""
    top = an_area("huyen", "Hớn Quản", "city")
    for commune in (town.commune, town.next_door):
        assert tree.move(commune, top) is None
    return a_person("huyen", (Role.REGISTRAR, top))


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """server.toml's [unit] says otherwise."""

    def said(**unit: str) -> None:
        config = replace(settings.LOA, unit=replace(settings.LOA.unit, **unit))
        monkeypatch.setattr(settings, "LOA", config)

    return said


def today() -> date:
    return datetime.now(LOCAL).date()


def form(by: Person, **fields: Any) -> dict[str, Any]:
    return {"code": a_code(by, datetime.now(UTC)), **fields}


def told() -> set[str | None]:
    return set(Intent.objects.filter(what="node").values_list("node_id", flat=True))


def test_a_place_is_found_without_marks_by_its_name_its_old_name_and_its_code(
    registrar: Person, seat: Seat
) -> None:
    Area.objects.filter(pk="vn-25351-01").update(code="25351-01")
    AreaName.objects.create(
        area_id="vn-25351-01", name="Sóc Lộc Thịnh", kind="soc", valid_until=today()
    )
    client = seat(registrar)

    def found(typed: str) -> set[str]:
        page = client.get("/areas/", {"q": typed}).content.decode()
        return {pk for pk in ("vn-25351-01", "vn-25351-02") if f"/areas/{pk}" in page}

    assert found("soc bu dop") == {"vn-25351-02"}
    assert found("Bù ĐỐP") == {"vn-25351-02"}
    assert found("loc thinh") == {"vn-25351-01"}
    assert found("25351-01") == {"vn-25351-01"}
    assert found("khong co") == set()


def test_a_renamed_hamlet_keeps_its_old_name_where_it_was_true_and_its_node_is_told(
    registrar: Person, seat: Seat
) -> None:
    since = today() - timedelta(days=3)

    answer = seat(registrar).post(
        "/areas/vn-25351-01/rename",
        form(registrar, kind="khu_pho", name="Khu phố 1", number="", since=since.isoformat()),
    )

    assert answer["Location"] == "/areas/vn-25351-01"
    area = Area.objects.get(pk="vn-25351-01")
    before, after = called_on(area, since - timedelta(days=1)), called_on(area, since)
    assert (before.kind, before.name) == ("ap", "Ấp 1")
    assert (after.kind, after.name) == ("khu_pho", "Khu phố 1")
    assert told() == {"node-1"}
    assert [above.name for above in standing_of(Node.objects.get(pk="node-1")).chain] == [
        "Khu phố 1",
        "Tân Quan",
    ]
    assert "Ấp 1" in seat(registrar).get("/areas/vn-25351-01").content.decode()
    assert Entry.objects.get(verb="area_renamed").who == "quantri"


def test_the_ledger_of_an_old_bulletin_says_the_name_of_its_day(
    town: Town, registrar: Person, seat: Seat
) -> None:
    out = an_approved(town.author, town.approver, town.commune, town.hamlet)
    a_delivery(out, "node-1", "played")
    Approval.objects.filter(revision__bulletin=out).update(at=datetime.now(UTC) - timedelta(days=9))
    since = today() - timedelta(days=3)
    renaming = {"kind": "khu_pho", "name": "Khu phố 1", "since": since.isoformat()}
    seat(registrar).post("/areas/vn-25351-01/rename", form(registrar, **renaming))

    ledger = seat(town.author).get(f"/bulletins/{out.id}").content.decode()
    node = seat(town.author).get("/fleet/node-1").content.decode()

    assert "<b>Ấp 1</b>" in ledger
    assert "Khu phố 1" not in ledger
    assert "Khu phố 1" in node


def test_a_slip_of_the_pen_leaves_no_old_name(registrar: Person, seat: Seat) -> None:
    seat(registrar).post(
        "/areas/vn-25351-02/rename", form(registrar, kind="soc", name="Sóc Bù Đốp 1", since="")
    )

    assert Area.objects.get(pk="vn-25351-02").folded == "soc bu dop 1"
    assert not AreaName.objects.exists()


def test_a_commune_under_another_place_takes_its_nodes_along_without_a_new_card(
    district: Person, seat: Seat
) -> None:
    other = an_area("huyen-2", "Khu vực 2", "unit", Area.objects.get(pk="huyen"))

    seat(district).post("/areas/vn-25351/move", form(district, area=other.id))

    node = Node.objects.select_related("area").get(pk="node-1")
    assert node.area.path == "/huyen/huyen-2/vn-25351/vn-25351-01/"
    assert told() == {"node-1"}
    assert [above.id for above in standing_of(node).chain][-2:] == ["huyen-2", "huyen"]


def test_nothing_moves_into_itself_or_out_of_ones_own(
    district: Person, registrar: Person, seat: Seat
) -> None:
    inside = seat(district).post("/areas/vn-25351/move", form(district, area="vn-25351-01"))
    out = seat(registrar).get("/areas/vn-25351/move")
    foreign = seat(registrar).post("/areas/vn-25351-01/move", form(registrar, area="vn-25345"))

    assert (inside.status_code, out.status_code, foreign.status_code) == (422, 404, 422)
    assert Area.objects.get(pk="vn-25351").path == "/huyen/vn-25351/"


def test_two_communes_become_one_and_the_old_one_stays_on_record(
    district: Person, seat: Seat
) -> None:
    since = today()
    client = seat(district)
    answer = client.post(
        "/areas/vn-25351/merge", form(district, area="vn-25345", since=since.isoformat())
    )

    assert answer["Location"] == "/areas/vn-25345"
    old = Area.objects.get(pk="vn-25351")
    assert (old.valid_until, old.merged_into_id) == (since - timedelta(days=1), "vn-25345")
    assert Node.objects.get(pk="node-1").area.path == "/huyen/vn-25345/vn-25351-01/"
    assert told() == {"node-1", "node-2"}
    page = client.get("/areas/vn-25351").content.decode()
    assert "Đã nhập vào" in page
    assert "quyền được giao ở nơi cũ" in page
    assert client.get("/areas/vn-25351/rename").status_code == 404
    assert 'value="vn-25351"' not in client.get("/people/new").content.decode()


def test_a_merged_hamlets_node_stands_in_the_other(registrar: Person, seat: Seat) -> None:
    seat(registrar).post(
        "/areas/vn-25351-01/merge",
        form(registrar, area="vn-25351-02", since=today().isoformat()),
    )

    assert Node.objects.get(pk="node-1").area_id == "vn-25351-02"


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("vn-25351/add", {"kind": "ap", "name": " "}, "chưa được điền"),
        ("vn-25351/add", {"kind": "lang", "name": "Làng"}, "lang"),
        ("vn-25351/add", {"kind": "ap", "name": "Ấp 9", "since": "2999-01-01"}, "chưa tới"),
        ("vn-25351-01/rename", {"kind": "ap", "name": "Ấp 9", "since": "31"}, "31/12/2026"),
        ("vn-25351-01/merge", {"since": "2026-01-01"}, "chọn một nơi"),
        ("vn-25351-01/merge", {"area": "vn-25351", "since": "2026-01-01"}, "ngoài địa bàn"),
        ("vn-25351/add", {"kind": "ap", "name": "Ấp 9", "code": "000000"}, "không đúng"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_changed(
    path: str, fields: dict[str, str], said: str, registrar: Person, seat: Seat
) -> None:
    before = list(Area.objects.values_list("pk", "name", "path", "valid_until"))

    answer = seat(registrar).post(f"/areas/{path}", form(registrar) | fields)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert list(Area.objects.values_list("pk", "name", "path", "valid_until")) == before


def test_an_id_is_never_given_twice(registrar: Person, seat: Seat) -> None:
    seat(registrar).post("/areas/vn-25351/add", form(registrar, kind="soc", name="Sóc 5"))

    made = Area.objects.get(name="Sóc 5")
    assert (made.pk, made.path) == ("vn-25351-03", "/vn-25351/vn-25351-03/")


def test_a_node_is_carried_to_another_hamlet_by_its_own_people_only(
    registrar: Person, seat: Seat
) -> None:
    client = seat(registrar)
    there = form(registrar, area="vn-25351-02", name="Nhà văn hóa sóc")

    foreign = client.get("/fleet/node-2/move").status_code
    beyond = client.post("/fleet/node-1/move", form(registrar, area="vn-25345", name="Loa"))
    client.post("/fleet/node-1/move", there)

    assert (foreign, beyond.status_code) == (404, 422)
    node = Node.objects.get(pk="node-1")
    assert (node.area_id, node.name) == ("vn-25351-02", "Nhà văn hóa sóc")
    assert told() == {"node-1"}
    assert '"subject":"node-1"' in Entry.objects.get(verb="node_moved").line


def test_a_node_that_left_stays_in_the_ledger_of_where_it_stood(
    town: Town, registrar: Person, seat: Seat
) -> None:
    played = an_approved(town.author, town.approver, town.commune, town.hamlet)
    waits = an_approved(town.author, town.approver, town.commune, town.hamlet)
    a_delivery(played, "node-1", "played")
    a_delivery(waits, "node-1", "expected")
    before = seat(town.author).get(f"/bulletins/{played.id}").content.decode()

    fields = form(registrar, area="vn-25351-02", name="Nhà văn hóa sóc")
    seat(registrar).post("/fleet/node-1/move", fields)

    after = seat(town.author).get(f"/bulletins/{played.id}").content.decode()
    missed = seat(town.author).get(f"/bulletins/{waits.id}").content.decode()
    assert "<b>Ấp 1</b>" in before
    assert "<b>Ấp 1</b>" in after
    assert "Điểm phát đã chuyển đi nơi khác" in missed
    assert Delivery.objects.get(bulletin=played).state == "played"
    assert Delivery.objects.get(bulletin=waits).state == "missed"


def test_every_page_of_places_asks_the_database_few_questions(
    town: Town, registrar: Person, seat: Seat
) -> None:
    client = seat(registrar)
    for n in range(5):
        a_node(town.empty, f"more-{n}")
    one = "/areas/vn-25351-01"
    paths = ("/areas/", "/areas/?q=soc", "/areas/vn-25351", f"{one}/rename", f"{one}/merge")
    for path in (*paths, "/areas/import", "/areas/areas.csv", "/fleet/node-1/move"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        assert len(queries) <= MOST_QUERIES, path


def a_file(text: str, encoding: str = "utf-8") -> io.BytesIO:
    file = io.BytesIO(text.encode(encoding))
    file.name = "dia-ban.csv"
    return file


FILE = """Mã;Loại;Tên;Cấp trên;Từ ngày
vn-25351-01;Ấp;Ấp Một;vn-25351;
vn-25351-02;Sóc;Sóc Bù Đốp;vn-25351;
vn-25351-07;Sóc;Sóc Xa Cát;vn-25351;01/07/2025
"""


def test_a_file_shows_what_it_would_change_and_changes_it_once_confirmed(
    registrar: Person, seat: Seat
) -> None:
    Area.objects.filter(pk="vn-25351-01").update(code="25351-01")  # the file has no such column
    client = seat(registrar)

    shown = client.post("/areas/import", {"file": a_file(FILE)}).content.decode()

    assert "Sóc Xa Cát" in shown
    assert "tên cũ: Ấp 1" in shown
    assert Area.objects.get(pk="vn-25351-01").name == "Ấp 1"
    done = client.post("/areas/import/confirm", form(registrar, text=FILE))
    assert done["Location"] == "/areas/"
    area = Area.objects.get(pk="vn-25351-01")
    assert (area.name, area.code) == ("Ấp Một", "25351-01")
    assert called_on(area, today() - timedelta(days=1)).name == "Ấp 1"
    assert Area.objects.get(pk="vn-25351-07").valid_from == date(2025, 7, 1)
    assert told() == {"node-1"}
    again = client.post("/areas/import", {"file": a_file(FILE)}).content.decode()
    assert "giống hệt" in again


def test_every_line_that_is_wrong_is_named_and_nothing_is_stored(
    registrar: Person, seat: Seat
) -> None:
    bad = FILE + (
        "vn-25351-08;Làng;Làng Mới;vn-25351;\n"
        "vn-25351-09;Ấp;;vn-25351;\n"
        "vn-25351-10;Ấp;Ấp 10;vn-0;\n"
        "vn-25345-01;Ấp;Ấp Cướp;vn-25351;\n"
        "vn-25351-07;Ấp;Ấp 7;vn-25351;\n"
        "vn-25351-11;Ấp;Ấp 11;vn-25351;31/02/2026\n"
    )
    client = seat(registrar)

    answer = client.post("/areas/import", {"file": a_file(bad)})
    forced = client.post("/areas/import/confirm", form(registrar, text=bad))

    page = answer.content.decode()
    assert (answer.status_code, forced.status_code) == (422, 422)
    assert all(f"<b>Dòng {line}</b>" in page for line in range(5, 11))
    assert "/areas/import/confirm" not in page
    assert Area.objects.count() == 6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x01",
        "một dòng không có cột",
        "[1, 2]",
        '{"id": "a"}',
        '[{"id": 5, "names": 7}]',
        "a\n" * 6000,
    ],
)
def test_a_file_that_is_no_list_of_places_is_refused_in_words(
    text: str, registrar: Person, seat: Seat
) -> None:
    answer = seat(registrar).post("/areas/import", {"file": a_file(text)})

    assert answer.status_code == 422
    assert "wrong" in answer.content.decode() or "notice bad" in answer.content.decode()


def test_a_file_of_another_alphabet_is_refused_in_words(registrar: Person, seat: Seat) -> None:
    answer = seat(registrar).post("/areas/import", {"file": a_file("tên;loại\ná", "utf-16")})

    assert "CSV UTF-8" in answer.content.decode()


def test_what_is_taken_out_can_be_brought_back(registrar: Person, seat: Seat) -> None:
    client = seat(registrar)

    table = client.get("/areas/areas.csv").content.decode()

    assert "vn-25345" not in table
    back = client.post("/areas/import", {"file": a_file(table)}).content.decode()
    assert "giống hệt" in back


def test_a_circle_through_what_is_here_already_is_seen(district: Person, seat: Seat) -> None:
    circle = (
        "id,kind,name,parent\n"
        "vn-25351,commune,Tân Quan,vn-25345-01\n"
        "vn-25345,commune,Tân Hưng,vn-25351\n"
    )

    answer = seat(district).post("/areas/import", {"file": a_file(circle)})

    assert answer.status_code == 422
    assert "nằm trong chính nó" in answer.content.decode()


def test_the_operating_units_name_is_a_setting(town: Town, seat: Seat, settings_of: Any) -> None:
    before = seat(None).get("/sign-in").content.decode()
    settings_of(name="Trung tâm VHTT Hớn Quản")

    pages = [seat(None).get("/sign-in"), seat(town.author).get("/")]

    assert "Đơn vị vận hành" not in before
    assert all("Trung tâm VHTT Hớn Quản" in page.content.decode() for page in pages)
