"""What everybody may read: what was signed and sent, and nothing else; without an account."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.paper import WORDS, a_draft, a_published, a_submitted, an_approved
from fakes.people import a_person
from fakes.town import Town
from loa_server.areas.models import Area, Role
from loa_server.audit.models import Entry
from loa_server.bulletins import posting, services
from loa_server.bulletins.models import Bulletin, Posting, State
from loa_server.console import drafts
from loa_server.console.views.files import PIECE, Pieces
from loa_server.dispatch.models import Envelope

Seat = Callable[..., Client]
ATOM = "{http://www.w3.org/2005/Atom}"


def out(town: Town, title: str, *areas: Area, **words: object) -> Bulletin:
    changed = replace(WORDS, title={"vi": title}, **words)  # type: ignore[arg-type]
    return a_published(
        town.author, town.approver, town.commune, *(areas or (town.hamlet,)), words=changed
    )


def read(address: str = "/tin/vn-25351/") -> str:
    answer = Client().get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_it_shows_what_was_sent_and_keeps_what_was_not(town: Town) -> None:
    out(town, "Đã phát")
    a_draft(town.author, town.commune, town.hamlet, words=replace(WORDS, title={"vi": "Nháp"}))
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    approved = an_approved(town.author, town.approver, town.commune, town.hamlet)

    page = read()

    assert "Đã phát" in page
    assert "Mời bà con đưa trẻ" in page
    for hidden in ("Nháp", waiting.id, approved.id):
        assert hidden not in page


def test_an_edit_in_hand_shows_nobody_anything_before_it_is_approved(town: Town) -> None:
    bulletin = out(town, "Như đã ký")
    drafts.add(
        bulletin,
        lambda working: replace(working, title={"vi": "Đang sửa dở"}),
        town.author,
        datetime.now(UTC),
    )

    page = read()

    assert "Như đã ký" in page
    assert "Đang sửa dở" not in page


def test_it_is_for_everybody_and_leaves_nothing_with_them(town: Town) -> None:
    out(town, "Đã phát")
    for address in ("/tin/", "/tin/vn-25351/", "/tin/vn-25351/atom.xml"):
        answer = Client().get(address)
        assert answer.status_code == 200
        assert not answer.cookies
        assert "max-age=60" in answer["Cache-Control"]
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert b"<script" not in answer.content
        assert b"<form" not in answer.content
    assert Client().post("/tin/vn-25351/").status_code == 405


def test_a_place_reads_its_own_and_what_stands_over_it_not_its_neighbours(town: Town) -> None:
    out(town, "Của ấp")

    assert "Của ấp" in read()
    assert "Của ấp" not in read("/tin/vn-25345/")
    assert Client().get("/tin/vn-25351-01/").status_code == 404  # a hamlet has no page of its own
    assert Client().get("/tin/nowhere/").status_code == 404


def test_what_was_recalled_vanishes_and_its_sound_with_it_and_the_feed_says_so(town: Town) -> None:
    bulletin = out(town, "Thông tin sai")
    sha256 = bulletin.voices.get().media_id
    assert Client().get(f"/tin/vn-25351/tep/{sha256}").status_code == 200
    first = ids(read("/tin/vn-25351/atom.xml"))
    Bulletin.objects.filter(pk=bulletin.pk).update(state="recalled")

    assert "Thông tin sai" not in read()
    assert Client().get(f"/tin/vn-25351/tep/{sha256}").status_code == 404
    feed = read("/tin/vn-25351/atom.xml")
    assert "Đã thu hồi: Thông tin sai" in feed
    assert "Mời bà con" not in feed
    assert ids(feed) == first


def ids(feed: str) -> list[str]:
    return [e.findtext(f"{ATOM}id", "") for e in ET.fromstring(feed).iter(f"{ATOM}entry")]


def test_the_feed_is_atom_with_everything_a_reader_needs(town: Town) -> None:
    out(town, "Tin <b>&</b> \x0bkhác")

    root = ET.fromstring(read("/tin/vn-25351/atom.xml"))

    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert root.findtext(f"{ATOM}{name}")
    (entry,) = root.iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Tin <b>&</b> khác"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Tân Quan"
    for name in ("id", "updated", "content"):
        assert entry.findtext(f"{ATOM}{name}")


def test_what_is_old_goes_and_what_is_posted_stays_first_until_its_day(
    town: Town, seat: Seat
) -> None:
    old, new = out(town, "Bản cũ"), out(town, "Bản mới")
    long_ago = datetime.now(UTC) - timedelta(days=40)
    Envelope.objects.filter(revision__bulletin=old).update(published_at=long_ago)
    assert "Bản cũ" not in read()

    answer = seat(town.approver).post(f"/bulletins/{old.id}/posting", {"days": "7"})

    assert answer.status_code == 302
    page = read()
    assert page.index("Bản cũ") < page.index("Bản mới")
    assert "Niêm yết đến hết" in page
    Posting.objects.update(until=(datetime.now(UTC) - timedelta(days=2)).date())
    assert "Bản cũ" not in read()
    kept = seat(town.approver).get(f"/bulletins/{old.id}/posting").content.decode()
    assert town.approver.full_name in kept  # on record when, and by whom
    assert new.pk


def test_a_posting_is_taken_down_and_both_acts_are_on_record(town: Town, seat: Seat) -> None:
    bulletin = out(town, "Dân chủ cơ sở")
    client = seat(town.approver)
    client.post(f"/bulletins/{bulletin.id}/posting", {"days": "30"})

    client.post(f"/bulletins/{bulletin.id}/posting", {"do": "down"})

    assert "Niêm yết đến hết" not in read()
    verbs = list(Entry.objects.order_by("-seq").values_list("verb", flat=True)[:2])
    assert verbs == ["unpost", "post"]


@pytest.mark.parametrize("days", ["0", "91", "-3", "mười", "", "9999999"])
def test_days_without_measure_are_refused_beside_their_field(
    days: str, town: Town, seat: Seat
) -> None:
    bulletin = out(town, "x")

    answer = seat(town.approver).post(f"/bulletins/{bulletin.id}/posting", {"days": days})

    assert answer.status_code == 422
    assert 'id="days_error"' in answer.content.decode()
    assert not Posting.objects.exists()


def test_only_an_approver_of_the_place_posts_and_only_what_is_out(town: Town, seat: Seat) -> None:
    bulletin = out(town, "x")
    draft = a_draft(town.author, town.commune, town.hamlet)
    now = datetime.now(UTC)

    for person in (town.author, town.stranger):
        address = f"/bulletins/{bulletin.id}/posting"
        assert seat(person).post(address, {"days": "7"}).status_code == 404
        assert posting.post(bulletin, 7, person, now) is posting.NOT_YOURS
    assert posting.post(draft, 7, town.approver, now) is posting.NOT_OUT
    assert services.find(bulletin.id)


def test_drills_are_no_news_and_an_alarm_that_runs_stands_first(town: Town) -> None:
    out(town, "Tin thường")
    a_person("truc", (Role.DUTY, town.commune))
    out(town, "Lũ về", level="emergency", alert="flood")
    out(town, "Tập báo cháy", kind="drill")

    page = read()

    assert page.index("Lũ về") < page.index("Tin thường")
    assert 'class="urgent"' in page
    assert "Tập báo cháy" not in page


def test_many_bulletins_cost_no_more_questions(town: Town) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            read()
        return len(queries)

    out(town, "một")
    few = asked()
    for n in range(5):
        out(town, f"thêm {n}")

    assert asked() == few <= 8


def test_where_it_is_switched_off_there_is_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    out(town, "Đã phát")
    closed = replace(settings.LOA.console, public_pages=False)
    monkeypatch.setattr(settings, "LOA", replace(settings.LOA, console=closed))

    for address in ("/tin/", "/tin/vn-25351/", "/tin/vn-25351/atom.xml"):
        assert Client().get(address).status_code == 404


def test_a_file_is_sent_in_pieces_and_never_held_whole(tmp_path: Path) -> None:
    voice = tmp_path / "voice"
    voice.write_bytes(bytes(range(256)) * 2000)

    async def taken() -> tuple[int, bytes]:
        with voice.open("rb") as file:
            pieces = aiter(Pieces(file, 300_000, content_type="audio/ogg"))
            first = await anext(pieces)
            after_one = file.tell()
            return after_one, first + b"".join([piece async for piece in pieces])

    read, whole = asyncio.run(taken())

    assert read == PIECE
    assert whole == voice.read_bytes()[:300_000]


def test_what_was_read_once_is_not_unpacked_again_and_a_recall_shows_at_once(town: Town) -> None:
    shown = out(town, "Lịch tiêm")
    read()
    with CaptureQueriesContext(connection) as asked:
        again = read()
    assert "Lịch tiêm" in again
    assert not any('"payload" FROM "bulletins_revision"' in one["sql"] for one in asked)

    Bulletin.objects.filter(pk=shown.pk).update(state=State.RECALLED)

    assert "Lịch tiêm" not in read()


def test_the_feed_names_its_own_house_whatever_host_was_asked(town: Town) -> None:
    out(town, "Lịch tiêm")

    feed = Client().get("/tin/vn-25351/atom.xml", headers={"Host": "evil.example"})

    assert "evil.example" not in feed.content.decode()
    assert f"{settings.LOA.console_url}/tin/vn-25351/" in feed.content.decode()
