"""Emergency pages: who sees what, what a press does, and what it says before it is pressed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from fakes.paper import WORDS, a_draft, an_approved
from fakes.people import a_code, a_person
from fakes.signer import DUTY_SECRET, a_key
from fakes.town import Town
from fakes.urgent import app_code, has_app
from loa_server.areas import totp
from loa_server.areas.models import Person, Role
from loa_server.audit.models import Entry
from loa_server.bulletins import services
from loa_server.bulletins.models import Bulletin, Countersign, Ending, Revision
from loa_server.dispatch import approve
from loa_server.dispatch.models import Envelope, Intent
from loa_server.door import Server, allowed_uids
from loa_server.duty.desk import DutyDesk
from loa_server.duty.officers import Codes, Register

FLOOD = replace(WORDS, level="emergency", alert="flood", title={"vi": "Lũ về"})


@pytest.fixture
def officer(town: Town) -> Person:
    return a_person("trucban", (Role.DUTY, town.commune))


@pytest.fixture
def duty(tmp_path: Path) -> Iterator[None]:
    """The duty signer at the socket where the console looks for it."""
    register = Register(tmp_path / "officers")
    register.add("trucban", DUTY_SECRET)
    key = a_key("countersign", "vn-75", max_level="emergency", nbf=0, exp=2**50)
    desk = DutyDesk([key], Codes(register))
    server = Server(settings.LOA.duty_socket, allowed_uids(""), desk.answer)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield
    server.stop()
    thread.join()


def now() -> datetime:
    return datetime.now(UTC)


def an_emergency(town: Town) -> Bulletin:
    """Approved, waiting for the duty officer."""
    draft = a_draft(town.author, town.commune, town.hamlet, words=FLOOD)
    revision = services.submit(draft.id, town.author, now())
    assert isinstance(revision, Revision), revision
    word = approve.Word(revision.sha256, a_code(town.approver, now()))
    approve.approve(draft.id, town.approver, word, now())
    return Bulletin.objects.get(pk=draft.id)


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def code() -> str:
    return totp.code_at(DUTY_SECRET, totp.step_at(now().timestamp()))


def sha256_of(bulletin: Bulletin) -> str:
    return Revision.objects.get(bulletin=bulletin).sha256


def test_without_a_duty_officer_nobody_is_offered_an_emergency(
    town: Town, seat: Callable[..., Client]
) -> None:
    page = shown(seat(town.author), "/bulletins/new")

    assert 'value="emergency"' not in page
    assert "chưa có trực ban" in page


@pytest.mark.usefixtures("officer")
def test_with_one_an_author_may_write_it_and_must_name_the_alarm(
    town: Town, seat: Callable[..., Client]
) -> None:
    author = seat(town.author)
    typed = {"level": "emergency", "genre": "weather", "title_vi": "Lũ về", "text_vi": "Chạy!"}

    refused = author.post("/bulletins/new", typed)
    assert "phải nói rõ loại báo động" in refused.content.decode()
    assert author.post("/bulletins/new", typed | {"alert": "flood"}).status_code == 302

    made = Bulletin.objects.get()
    assert (made.level, made.alert, made.kind) == ("emergency", "flood", "play")
    assert made.schedule["mode"] == "now"


def test_a_drill_is_written_like_any_bulletin_and_says_so_to_who_approves(
    town: Town, seat: Callable[..., Client]
) -> None:
    typed = {"level": "priority", "genre": "weather", "title_vi": "Diễn tập lũ", "drill": "on"}
    seat(town.author).post("/bulletins/new", typed)
    assert Bulletin.objects.get().kind == "drill"

    draft = a_draft(town.author, town.commune, town.hamlet, words=replace(WORDS, kind="drill"))
    services.submit(draft.id, town.author, now())

    page = shown(seat(town.approver), f"/approve/{draft.id}")
    assert "DIỄN TẬP." in page
    assert 'class="alarm"' not in page


@pytest.mark.usefixtures("officer")
def test_the_approver_is_told_what_it_will_do_and_that_nothing_sounds_yet(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet, words=FLOOD)
    services.submit(draft.id, town.author, now())

    page = shown(seat(town.approver), f"/approve/{draft.id}")

    assert 'class="alarm"' in page
    assert "<b>1 cụm loa</b>" in page
    assert "Phê duyệt, chuyển trực ban ký" in page
    assert "Chữ ký thứ hai chỉ là hình thức" in page


def test_it_waits_in_the_duty_officers_room_and_in_nobody_elses(
    town: Town, officer: Person, seat: Callable[..., Client]
) -> None:
    emergency = an_emergency(town)

    assert emergency.id in shown(seat(officer), "/duty/")
    assert "Lũ về" in shown(seat(officer), "/")
    for person in (town.author, town.approver, town.stranger):
        assert seat(person).get("/duty/").status_code == 404
    assert seat(town.stranger).get(f"/duty/{emergency.id}").status_code == 404
    assert "Chờ trực ban ký" in shown(seat(town.author), f"/bulletins/{emergency.id}")


@pytest.mark.parametrize("who", ["author", "approver", "both"])
@pytest.mark.usefixtures("officer", "duty")
def test_nobody_but_an_officer_signs_whatever_they_post(
    town: Town, who: str, seat: Callable[..., Client]
) -> None:
    emergency = an_emergency(town)
    typed = {"sha256": sha256_of(emergency), "code": code()}

    answer = seat(getattr(town, who)).post(f"/duty/{emergency.id}/countersign", typed)

    assert answer.status_code == 422
    assert not Countersign.objects.exists()
    assert not Intent.objects.exists()


@pytest.mark.usefixtures("duty")
def test_the_officers_code_sets_it_off(
    town: Town, officer: Person, seat: Callable[..., Client]
) -> None:
    emergency = an_emergency(town)
    typed = {"sha256": sha256_of(emergency), "code": code()}

    answer = seat(officer).post(f"/duty/{emergency.id}/countersign", typed)

    assert (answer.status_code, answer["Location"]) == (302, f"/emergency/{emergency.id}")
    assert Countersign.objects.get().officer == officer
    assert Intent.objects.get().revision is not None
    assert seat(officer).get(f"/duty/{emergency.id}").status_code == 404


@pytest.mark.usefixtures("duty")
def test_a_wrong_code_is_told_and_nothing_sounds(
    town: Town, officer: Person, seat: Callable[..., Client]
) -> None:
    emergency = an_emergency(town)
    typed = {"sha256": sha256_of(emergency), "code": "000000"}

    answer = seat(officer).post(f"/duty/{emergency.id}/countersign", typed)

    assert "Mã trực ban không đúng" in answer.content.decode()
    assert not Intent.objects.exists()


def test_without_a_duty_signer_the_officer_is_told_whom_to_call(
    town: Town, officer: Person, seat: Callable[..., Client]
) -> None:
    emergency = an_emergency(town)
    typed = {"sha256": sha256_of(emergency), "code": "123456"}

    answer = seat(officer).post(f"/duty/{emergency.id}/countersign", typed)

    assert "Hãy báo kỹ thuật ngay" in answer.content.decode()


def test_the_officer_may_send_it_back_with_a_reason(
    town: Town, officer: Person, seat: Callable[..., Client]
) -> None:
    emergency = an_emergency(town)
    client = seat(officer)

    assert client.post(f"/duty/{emergency.id}/return", {"reason": " "}).status_code == 422
    client.post(f"/duty/{emergency.id}/return", {"reason": "sai xã"})

    emergency.refresh_from_db()
    assert (emergency.state, emergency.return_reason) == ("returned", "sai xã")


@pytest.fixture
def running(town: Town) -> Bulletin:
    """Published, as the engine leaves it."""
    bulletin = an_approved(town.author, town.approver, town.commune, town.hamlet)
    revision = Revision.objects.get(bulletin=bulletin)
    Envelope.objects.create(sha256="e" * 64, revision=revision, body=b"", published_at=now())
    Bulletin.objects.filter(pk=bulletin.pk).update(state="published")
    Intent.objects.all().delete()
    return bulletin


def test_one_person_with_a_fresh_code_stops_it_and_the_page_says_who(
    town: Town, running: Bulletin, seat: Callable[..., Client]
) -> None:
    has_app(town.approver)
    client = seat(town.approver)
    assert "Cho dừng phát" in shown(client, f"/bulletins/{running.id}")
    assert "<b>1 cụm loa</b> im ngay" in shown(client, f"/bulletins/{running.id}/stop")

    typed = {"code": app_code(now()), "why": "sai tên"}
    answer = client.post(f"/bulletins/{running.id}/stop", typed)

    assert answer.status_code == 302
    order = Ending.objects.get()
    assert (order.person, order.why) == (town.approver, "sai tên")
    page = shown(client, f"/bulletins/{running.id}")
    assert "sai tên" in page
    assert "Điểm phát nào đã nhận lệnh" in page
    assert "Bản tin bị dừng" in shown(client, f"/bulletins/{order.revision.bulletin_id}")


def test_without_the_code_it_goes_on_and_the_page_says_why(
    town: Town, running: Bulletin, seat: Callable[..., Client]
) -> None:
    has_app(town.approver)

    answer = seat(town.approver).post(f"/bulletins/{running.id}/stop", {"code": "000000"})

    assert answer.status_code == 422
    assert "Mã xác nhận không đúng" in answer.content.decode()
    assert not Ending.objects.exists()


def test_codes_are_not_to_be_guessed_there(
    town: Town, running: Bulletin, seat: Callable[..., Client]
) -> None:
    has_app(town.approver)
    client = seat(town.approver)
    for _ in range(20):
        client.post(f"/bulletins/{running.id}/stop", {"code": "000000"})

    good = client.post(f"/bulletins/{running.id}/stop", {"code": app_code(now())})
    area = client.post("/hush/", {"area": town.commune.id, "code": app_code(now())})

    assert "Hãy đợi mười giây" in good.content.decode()
    assert "Hãy đợi mười giây" in area.content.decode()
    assert not Ending.objects.exists()


@pytest.mark.parametrize("where", ["stop", "hush"])
def test_nobody_at_the_same_address_locks_an_approver_out_of_silence(
    town: Town, running: Bulletin, seat: Callable[..., Client], where: str
) -> None:
    has_app(town.approver)
    client, colleague, at_the_door = seat(town.approver), seat(town.approver), Client()
    for _ in range(8):
        typed = {"username": town.approver.username, "password": "a guess"}
        locked = at_the_door.post("/sign-in", typed)
    for _ in range(24):
        colleague.post(f"/bulletins/{running.id}/stop", {"code": "000000"})
    assert "15 phút" in locked.content.decode()

    path = f"/bulletins/{running.id}/stop" if where == "stop" else "/hush/"
    typed = {"code": app_code(now()), "why": "sai tên", "area": town.commune.id}
    answer = client.post(path, typed)

    assert answer.status_code == 302
    assert Ending.objects.get().why == "sai tên"


def test_a_wrong_code_of_a_stop_is_on_record_and_locks_nobody_out_of_signing_in(
    town: Town, running: Bulletin, seat: Callable[..., Client]
) -> None:
    has_app(town.approver)
    client = seat(town.approver)
    for _ in range(8):
        client.post(f"/bulletins/{running.id}/stop", {"code": "000000"})

    tried = Entry.objects.filter(verb="sign_in_failed", who=town.approver.username).count()
    typed = {"username": town.approver.username, "password": "a guess"}
    again = Client().post("/sign-in", typed)

    assert tried == 8
    assert "15 phút" not in again.content.decode()


def test_those_who_may_not_find_no_such_page(
    town: Town, running: Bulletin, seat: Callable[..., Client]
) -> None:
    for person in (town.author, town.stranger):
        for verb in ("stop", "all-clear"):
            client = seat(person)
            assert client.get(f"/bulletins/{running.id}/{verb}").status_code == 404
            assert client.post(f"/bulletins/{running.id}/{verb}").status_code == 404
    assert seat(town.approver).get(f"/bulletins/{running.id}/all-clear").status_code == 404
