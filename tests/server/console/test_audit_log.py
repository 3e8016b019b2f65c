"""The page of the audit log: whose eyes it is for, what it says of the chain, what leaves it."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from fakes.paper import a_submitted
from fakes.people import SOME_DAY, a_person
from fakes.town import Town
from loa_server.areas.models import Person, Role
from loa_server.audit import export
from loa_server.audit.book import head, last, record
from loa_server.audit.chain import Broken, Sound
from loa_server.audit.watch import walk_once
from loa_server.bulletins.services import note
from loa_server.console.views.audit import PIECE
from loa_server.ingest.models import Alarm

Seat = Callable[[Person | None], Client]
PAGES = ("/audit/", "/audit/log.csv", "/audit/log.jsonl")


@pytest.fixture
def auditor(town: Town) -> Person:
    return a_person("thanh-tra", (Role.AUDITOR, town.commune))


@pytest.fixture
def over_all(town: Town) -> Person:
    return a_person("cap-tren", (Role.AUDITOR, town.commune), (Role.AUDITOR, town.next_door))


def acts_here_and_there(town: Town) -> None:
    record("submit", who="lan", subject="x", at=SOME_DAY, place=town.commune.path)
    record("approve", who="la", subject="y", at=SOME_DAY, place=town.next_door.path)
    record("keys_made", who="init", subject="khoa", at=SOME_DAY)


def body(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    if isinstance(answer, StreamingHttpResponse):
        return async_to_sync(whole)(answer).decode()
    return answer.content.decode()


async def whole(answer: StreamingHttpResponse) -> bytes:
    return b"".join([piece async for piece in answer])


def shown(client: Client, query: str = "") -> list[int]:
    said = body(client, f"/audit/{query}")
    return [int(part.split('"')[0]) for part in said.split('data-entry="')[1:]]


def test_it_is_for_auditors_and_registrars(town: Town, auditor: Person, seat: Seat) -> None:
    registrar = a_person("quan-tri", (Role.REGISTRAR, town.commune))
    for address in PAGES:
        for person in (auditor, registrar):
            assert seat(person).get(address).status_code == 200
        for person in (town.author, town.approver, town.stranger):
            assert seat(person).get(address).status_code == 404
        assert seat(None).get(address).status_code == 302


def test_only_they_are_shown_the_door(town: Town, auditor: Person, seat: Seat) -> None:
    registrar = a_person("quan-tri", (Role.REGISTRAR, town.commune))
    assert 'href="/audit/"' in body(seat(auditor), "/")
    assert "Nhật ký kiểm tra" in body(seat(registrar), "/people/")
    assert 'href="/audit/"' not in body(seat(town.author), "/")


def test_an_auditor_sees_what_happened_in_their_places(
    town: Town, auditor: Person, over_all: Person, seat: Seat
) -> None:
    acts_here_and_there(town)
    stranger = a_person("xa", (Role.AUDITOR, town.next_door))

    assert shown(seat(auditor)) == [1]
    assert shown(seat(stranger)) == [2]
    assert shown(seat(over_all)) == [3, 2, 1]


def test_a_line_says_who_did_what_in_plain_words(town: Town, auditor: Person, seat: Seat) -> None:
    bulletin = a_submitted(town.author, town.commune, town.hamlet)
    record(
        "return",
        who="hung",
        subject=bulletin.id,
        detail={"why": "Sai <b>ngày</b>"},
        at=SOME_DAY,
        place=town.commune.path,
    )

    said = body(seat(auditor), "/audit/")

    for words in ("Trả lại", "Hung", "Lý do", "Sai &lt;b&gt;ngày&lt;/b&gt;", "Xã Tân Quan", head()):
        assert words in said
    assert f'<a href="/bulletins/{bulletin.id}">' in said
    assert "08:00 · T2 05/01/2026" in said


def test_what_a_program_did_is_nobodys_and_no_account_can_be_called_like_it(
    town: Town, auditor: Person, seat: Seat
) -> None:
    a_person("engine", (Role.AUTHOR, town.commune))
    note(a_submitted(town.author, town.commune, town.hamlet).id, None, "ended", SOME_DAY)

    said = body(seat(auditor), "/audit/?verb=ended")

    assert "Hệ thống" in said
    assert "Engine" not in said
    with pytest.raises(ValidationError):
        Person(username="loa-server engine", password="x").full_clean()


def test_the_log_is_narrowed_by_verb_person_and_day(
    town: Town, auditor: Person, seat: Seat
) -> None:
    for n, verb in enumerate(("submit", "approve", "return"), 1):
        at = SOME_DAY + timedelta(days=n)
        record(verb, who=f"p{n}", at=at, place=town.commune.path)
    # 23:30 and 00:30 of the hamlets' day, which is not the day of UTC
    for hours in (15.5, 16.5):
        record("submit", who="p9", at=SOME_DAY + timedelta(hours=hours), place=town.commune.path)

    client = seat(auditor)
    assert shown(client, "?verb=approve") == [2]
    assert shown(client, "?who=p3") == [3]
    assert shown(client, "?day=2026-01-05") == [4]
    assert shown(client, "?day=2026-01-06") == [5, 1]
    assert shown(client, "?verb=submit&who=p9&day=2026-01-06") == [5]
    assert shown(client, "?day=hôm nay&before=x&verb=' OR 1=1") == []
    assert shown(client, "?day=2026-13-01&before=-1") == [5, 4, 3, 2, 1]


def test_fifty_a_page_newest_first(town: Town, auditor: Person, seat: Seat) -> None:
    for n in range(53):
        record("submit", who="lan", subject=str(n), at=SOME_DAY, place=town.commune.path)
    client = seat(auditor)

    assert shown(client, "?who=lan") == list(range(53, 3, -1))
    assert 'href="?who=lan&amp;before=4"' in body(client, "/audit/?who=lan")
    assert shown(client, "?who=lan&before=4") == [3, 2, 1]


def test_the_page_says_how_the_chain_is(
    town: Town, auditor: Person, seat: Seat, database: Path
) -> None:
    acts_here_and_there(town)
    assert "Nguyên vẹn, 3 mục." in body(seat(auditor), "/audit/")

    connection.close()
    with closing(sqlite3.connect(database)) as file, file:
        file.execute("DROP TRIGGER audit_entry_stays")
        file.execute("UPDATE audit_entry SET line = replace(line, 'la', 'lan') WHERE seq = 2")

    client = seat(auditor)
    assert "Bị sửa ở mục 2." in body(client, "/audit/")  # before the engine has read that far
    walk_once(SOME_DAY)
    assert "Nhật ký kiểm tra đã bị sửa" in body(client, "/")
    assert "Nhật ký kiểm tra đã bị sửa" not in body(seat(town.author), "/")
    assert "Bị sửa ở mục 2." in body(client, "/audit/")
    client.cookies["loa_language"] = "en"
    assert "Changed at entry 2." in body(client, "/audit/")


def test_the_page_says_what_nodes_remember_otherwise(
    town: Town, auditor: Person, seat: Seat
) -> None:
    acts_here_and_there(town)
    now = timezone.now()
    Alarm.objects.create(node_id="node-2", code="audit_head", first_at=now, last_at=now)

    said = body(seat(auditor), "/audit/")

    assert "còn nhớ một mã mà nhật ký không có: 1." in said
    assert "Nguyên vẹn" not in said
    assert "Nhật ký kiểm tra đã bị sửa" in body(seat(auditor), "/")


def test_the_proof_holds_the_whole_chain_and_shows_only_their_own(
    town: Town, auditor: Person, seat: Seat
) -> None:
    acts_here_and_there(town)

    lines = body(seat(auditor), "/audit/log.jsonl").splitlines()

    assert export.check(lines, [head()]) == Sound(last())
    assert ["line" in json.loads(line) for line in lines[1:]] == [True, False, False]
    assert "la" not in json.loads(lines[2]).values()
    assert export.check([line.replace("lan", "hung") for line in lines]) == Broken(1, "edited")


def test_the_table_is_what_the_page_shows_oldest_first(
    town: Town, over_all: Person, seat: Seat
) -> None:
    acts_here_and_there(town)
    record("submit", who="=cmd|'/c calc'!A1", at=SOME_DAY, detail={"why": "a\nb"})
    client = seat(over_all)
    client.cookies["loa_language"] = "en"

    rows = list(csv.reader(io.StringIO(body(client, "/audit/log.csv?verb=submit"))))

    assert rows[0][:3] == ["\ufeffNo.", "At", "Account"]
    assert [row[0] for row in rows[1:]] == ["1", "4"]
    assert rows[1][1:6] == ["2026-01-05 08:00:00", "lan", "Lan", "submit", "Submit"]
    assert rows[2][2] == "'=cmd|'/c calc'!A1"
    assert rows[2][9] == head()


def test_long_logs_leave_in_pieces(over_all: Person, seat: Seat) -> None:
    with transaction.atomic():
        for n in range(PIECE + 1):
            record("submit", who="lan", subject=str(n), at=SOME_DAY)
    client = seat(over_all)

    assert export.check(body(client, "/audit/log.jsonl").splitlines()) == Sound(last())
    assert len(body(client, "/audit/log.csv").splitlines()) == PIECE + 2


def test_an_empty_log_has_pages_too(auditor: Person, seat: Seat) -> None:
    assert "Không có mục nào như vậy" in body(seat(auditor), "/audit/")
    assert export.check(body(seat(auditor), "/audit/log.jsonl").splitlines()) == Sound(last())
