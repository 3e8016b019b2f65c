"""The second factor at the console: coming in by two steps, setting it up, approving with it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from fakes.paper import a_submitted
from fakes.people import PASSWORD, SECRET, a_code
from fakes.town import Town
from loa_server.areas import secondfactor, totp
from loa_server.areas.models import Person
from loa_server.audit.models import Entry
from loa_server.bulletins.models import Approval, Bulletin, Revision

Seat = Callable[..., Client]


@pytest.fixture
def hung(town: Town) -> Person:
    """The approver, with a password and an app."""
    town.approver.set_password(PASSWORD)
    town.approver.save()
    return town.approver


def now_code(person: Person) -> str:
    return a_code(person, datetime.now(UTC))


def password(client: Client, username: str = "hung", **more: str) -> Any:
    return client.post("/sign-in", {"username": username, "password": PASSWORD, **more})


def said(answer: HttpResponse) -> str:
    return html.unescape(answer.content.decode())


def verbs() -> list[str]:
    return list(Entry.objects.order_by("seq").values_list("verb", flat=True))


@pytest.mark.usefixtures("hung")
def test_the_password_alone_opens_nothing() -> None:
    client = Client()

    answer = password(client)

    assert "Bước 2" in said(answer)
    assert client.get("/")["Location"].startswith("/sign-in")
    assert "sign_in" not in verbs()


def test_the_code_then_opens_the_console_in_a_new_session(hung: Person) -> None:
    client = Client()
    password(client, next="/approve/")
    before = client.session.session_key

    answer = client.post("/sign-in/code", {"code": now_code(hung), "next": "/approve/"})

    assert (answer.status_code, answer["Location"]) == (302, "/approve/")
    assert client.get("/").status_code == 200
    assert client.session.session_key != before
    assert verbs()[-1] == "sign_in"


def test_the_code_of_a_sign_in_is_spent(hung: Person) -> None:
    typed = now_code(hung)
    first, second = Client(), Client()
    for client in (first, second):
        password(client)

    first.post("/sign-in/code", {"code": typed})
    answer = second.post("/sign-in/code", {"code": typed})

    assert "đã dùng rồi" in said(answer)
    assert second.get("/").status_code == 302


def test_a_code_without_a_password_is_sent_back_to_the_start(hung: Person) -> None:
    client = Client()

    answer = client.post("/sign-in/code", {"code": now_code(hung)})

    assert "bắt đầu lại" in said(answer)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("change", ["closed", "password", "late"])
def test_half_a_sign_in_does_not_outlast_what_it_rests_on(hung: Person, change: str) -> None:
    client = Client()
    password(client)
    if change == "closed":
        Person.objects.filter(pk=hung.pk).update(is_active=False)
    elif change == "password":
        hung.set_password("another one, truly")
        hung.save()
    else:
        session = client.session
        session["halfway"] = session["halfway"] | {"at": session["halfway"]["at"] - 301}
        session.save()

    client.post("/sign-in/code", {"code": now_code(hung)})

    assert client.get("/").status_code == 302


def test_wrong_codes_lock_the_door_for_the_right_one_too(hung: Person) -> None:
    client = Client()
    password(client)
    for _ in range(6):
        client.post("/sign-in/code", {"code": "000000"})

    answer = client.post("/sign-in/code", {"code": now_code(hung)})
    with_password = password(client)

    assert (answer.status_code, with_password.status_code) == (429, 429)
    assert client.get("/").status_code == 302
    assert verbs().count("sign_in_failed") == 6
    assert verbs()[-1] == "locked_out"


@pytest.mark.usefixtures("hung")
def test_the_lock_is_for_this_person_from_this_address(town: Town) -> None:
    for _ in range(6):
        Client().post("/sign-in", {"username": "hung", "password": "wrong"})
    town.author.set_password(PASSWORD)
    town.author.save()

    elsewhere = Client(REMOTE_ADDR="10.0.0.7")
    assert password(Client()).status_code == 429
    assert password(elsewhere).status_code == 200
    assert password(Client(), "lan").status_code == 302


@pytest.mark.usefixtures("hung")
def test_wrong_passwords_and_wrong_codes_count_together() -> None:
    client = Client()
    for _ in range(3):
        client.post("/sign-in", {"username": "hung", "password": "wrong"})
    password(client)
    for _ in range(3):
        answer = client.post("/sign-in/code", {"code": "000000"})

    assert answer.status_code == 429


@pytest.mark.usefixtures("town")
def test_an_unknown_name_is_not_written_down() -> None:
    """People type passwords into the box for the name."""
    Client().post("/sign-in", {"username": "chim sẻ đậu mái nhà", "password": "x"})

    line = json.loads(Entry.objects.get().line)
    assert (line["who"], line["verb"]) == ("?", "sign_in_failed")
    assert "chim" not in Entry.objects.get().line


def test_a_recovery_code_opens_once_and_leads_to_a_new_phone(hung: Person) -> None:
    codes = secondfactor.new_recovery_codes(hung)
    client = Client()
    password(client)
    answer = client.post("/sign-in/code", {"code": codes[3].lower()})

    again = Client()
    password(again)
    again.post("/sign-in/code", {"code": codes[3]})

    assert answer["Location"] == "/factor"
    assert "còn 9 mã" in said(client.get("/factor"))
    assert again.get("/").status_code == 302
    assert "recovery_code_used" in verbs()


@pytest.fixture
def new_approver(town: Town, seat: Seat) -> Client:
    """Who may approve since today, and has no factor yet."""
    secondfactor.take_away(town.approver)
    return seat(town.approver)


def shown_secret(page: str) -> str:
    found = re.search(r'data-secret="([A-Z2-7]+)"', page)
    assert found is not None
    return found[1]


def code_of(secret: str) -> str:
    return totp.code_at(secret, totp.step_at(datetime.now(UTC).timestamp()))


def test_who_may_approve_sets_it_up_before_anything_else(new_approver: Client) -> None:
    led = [new_approver.get(page)["Location"] for page in ("/", "/approve/", "/fleet/")]

    page = said(new_approver.get("/factor"))

    assert led == ["/factor"] * 3
    assert 'src="data:image/svg+xml' in page
    assert " ".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page)).replace(" ", "") == (
        shown_secret(page)
    )
    assert shown_secret(said(new_approver.get("/factor"))) == shown_secret(page)


def test_a_wrong_code_sets_nothing_up(town: Town, new_approver: Client) -> None:
    new_approver.get("/factor")

    answer = new_approver.post("/factor", {"code": "000000"})

    assert "không đúng" in said(answer)
    assert new_approver.get("/")["Location"] == "/factor"
    assert not Person.objects.get(pk=town.approver.pk).totp_secret


def test_the_right_code_sets_it_up_and_shows_ten_codes_once(
    town: Town, new_approver: Client
) -> None:
    secret = shown_secret(said(new_approver.get("/factor")))

    page = said(new_approver.post("/factor", {"code": code_of(secret)}))

    codes = re.findall(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>", page)
    assert len(set(codes)) == 10
    assert "data-print" in page
    assert codes[0] not in said(new_approver.get("/factor"))
    assert new_approver.get("/").status_code == 200
    held = Person.objects.get(pk=town.approver.pk)
    assert secondfactor.secret_of(held) == secret
    assert secondfactor.recover(held, codes[9])
    assert verbs()[-1] == "factor_set"


def test_the_code_that_confirmed_it_approves_nothing(town: Town, new_approver: Client) -> None:
    secret = shown_secret(said(new_approver.get("/factor")))
    typed = code_of(secret)
    new_approver.post("/factor", {"code": typed})
    waiting = a_submitted(town.author, town.commune, town.hamlet)

    answer = approve(new_approver, waiting, typed)

    assert "đã dùng rồi" in said(answer)


def test_a_new_phone_ends_every_other_session(town: Town, seat: Seat) -> None:
    here, elsewhere = seat(town.approver), seat(town.approver)
    here.post("/factor/change", {"code": now_code(town.approver)})
    secret = shown_secret(said(here.get("/factor")))

    here.post("/factor", {"code": code_of(secret)})

    assert secret != SECRET
    assert (here.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)
    assert verbs()[-1] == "factor_changed"


def test_changing_it_needs_the_old_one(town: Town, seat: Seat) -> None:
    client = seat(town.approver)

    answer = client.post("/factor/change", {"code": "000000"})

    assert answer.status_code == 422
    assert "không đúng" in said(answer)
    assert "data-secret" not in said(client.get("/factor"))
    assert client.post("/factor", {"code": code_of(SECRET)}).status_code == 200
    assert secondfactor.secret_of(Person.objects.get(pk=town.approver.pk)) == SECRET


def test_a_lost_phone_is_replaced_by_a_recovery_code(town: Town, seat: Seat) -> None:
    codes = secondfactor.new_recovery_codes(town.approver)
    client = seat(town.approver)

    client.post("/factor/change", {"code": codes[0]})

    assert "data-secret" in said(client.get("/factor"))


def test_recovery_codes_do_not_make_recovery_codes(town: Town, seat: Seat) -> None:
    codes = secondfactor.new_recovery_codes(town.approver)
    client = seat(town.approver)

    by_recovery = client.post("/factor/codes", {"code": codes[0]})
    by_app = client.post("/factor/codes", {"code": now_code(town.approver)})

    assert (by_recovery.status_code, by_app.status_code) == (422, 200)
    assert not secondfactor.recover(town.approver, codes[1])


def test_a_new_password_ends_every_other_session(hung: Person, seat: Seat) -> None:
    here, elsewhere = seat(hung), seat(hung)

    own = "chim sẻ đậu mái nhà"
    here.post("/password", {"old": PASSWORD, "new": own, "again": own})

    assert (here.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)
    assert verbs()[-1] == "password_changed"


def approve(client: Client, waiting: Bulletin, typed: str) -> Any:
    sha256 = Revision.objects.get(bulletin=waiting).sha256
    return client.post(f"/approve/{waiting.id}/approve", {"sha256": sha256, "code": typed})


def test_approving_asks_for_a_fresh_code_on_the_same_page(town: Town, seat: Seat) -> None:
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    client = seat(town.approver)

    wrong = approve(client, waiting, "000000")
    right = approve(client, waiting, now_code(town.approver))

    assert wrong.status_code == 422
    assert f'action="/approve/{waiting.id}/approve"' in said(wrong)
    assert "không đúng" in said(wrong)
    assert right.status_code == 302
    kept = Approval.objects.get()
    assert kept.code == totp.code_at(SECRET, kept.step)


def test_one_code_approves_one_bulletin(town: Town, seat: Seat) -> None:
    first = a_submitted(town.author, town.commune, town.hamlet)
    second = a_submitted(town.author, town.commune, town.hamlet)
    client, typed = seat(town.approver), now_code(town.approver)

    approve(client, first, typed)
    answer = approve(client, second, typed)

    assert "đã dùng rồi" in said(answer)
    assert Approval.objects.count() == 1


def test_guessing_codes_while_approving_locks_too(town: Town, seat: Seat) -> None:
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    client = seat(town.approver)
    for _ in range(6):
        answer = approve(client, waiting, "000000")

    after = approve(client, waiting, now_code(town.approver))

    assert answer.status_code == 429
    assert "tạm khóa 15 phút" in said(after)
    assert not Approval.objects.exists()
    assert verbs()[-1] == "locked_out"


def test_codes_are_no_faster_guessed_from_many_addresses(town: Town, seat: Seat) -> None:
    """One stolen password and a thousand machines: the person's own pace holds."""
    waiting = a_submitted(town.author, town.commune, town.hamlet)
    sha256 = Revision.objects.get(bulletin=waiting).sha256
    client = seat(town.approver)
    answers = [
        client.post(
            f"/approve/{waiting.id}/approve",
            {"sha256": sha256, "code": "000000"},
            REMOTE_ADDR=f"10.0.0.{n}",
        )
        for n in range(30)
    ]

    looked_at = sum("không đúng" in said(answer) for answer in answers)
    assert 20 <= looked_at <= 22
    assert "tạm khóa" in said(answers[-1])
