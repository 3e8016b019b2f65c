"""A registrar makes an account, the person comes in by a one-time link, roles begin and end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fakes.people import a_code, a_person
from fakes.town import Town, seated
from loa_server.areas import accounts, invitations
from loa_server.areas.models import Area, Grant, Invitation, Person, Role
from loa_server.areas.reach import standing_of
from loa_server.audit.models import Entry
from loa_wire.localtime import LOCAL

Seat = Callable[..., Client]
MOST_QUERIES = 8
OWN = {"new": "chim sẻ đậu trên mái nhà", "again": "chim sẻ đậu trên mái nhà"}


@pytest.fixture
def registrar(town: Town) -> Person:
    """Of both communes, as a district's office has one."""
    return a_person("quantri", (Role.REGISTRAR, town.commune), (Role.REGISTRAR, town.next_door))


@pytest.fixture
def of_one_commune(town: Town) -> Person:
    return a_person("quan.tri.xa", (Role.REGISTRAR, town.commune))


def a_form(by: Person, **changed: Any) -> dict[str, Any]:
    code = a_code(by, datetime.now(UTC))
    asked = {
        "full_name": "Thị Bé",
        "username": "thi.be",
        "roles": ["author"],
        "areas": ["vn-25351"],
        "code": code,
    }
    return asked | changed


def link_in(answer: Any) -> str:
    (token,) = set(re.findall(r"/welcome/([\w-]+)", answer.content.decode()))
    return f"/welcome/{token}"


def today() -> Any:
    return datetime.now(LOCAL).date()


def roles_of(person: Person) -> set[tuple[str, str]]:
    return {(grant.role, grant.area_id) for grant in person.grants.all()}


def test_one_account_for_two_communes_comes_in_by_its_link_and_sets_both_steps(
    registrar: Person, seat: Seat
) -> None:
    both = a_form(registrar, roles=["author", "approver"], areas=["vn-25351", "vn-25345"])
    answer = seat(registrar).post("/people/new", both)

    link = link_in(answer)
    assert "no-store" in answer["Cache-Control"]
    newcomer = Client()
    assert "Thị Bé" in newcomer.get(link).content.decode()
    newcomer.post(link, OWN)

    assert newcomer.get("/")["Location"] == "/factor"
    made = Person.objects.get(username="thi.be")
    assert made.check_password(OWN["new"])
    assert roles_of(made) == {
        (role, area) for role in ("author", "approver") for area in ("vn-25351", "vn-25345")
    }
    acts = Entry.objects.order_by("seq").values_list("verb", flat=True)
    assert [verb for verb in acts if verb != "sign_in"] == ["account_made", "link_used"]


def test_a_link_works_once_for_one_person_and_opening_it_is_not_using_it(
    registrar: Person, seat: Seat
) -> None:
    link = link_in(seat(registrar).post("/people/new", a_form(registrar)))
    Client().get(link)  # as a messenger's preview does
    Client().post(link, OWN)

    stolen = Client()
    replayed = stolen.post(link, {"new": "mật khẩu của kẻ trộm", "again": "mật khẩu của kẻ trộm"})

    assert replayed.status_code == 410
    assert "không còn dùng được" in replayed.content.decode()
    assert stolen.get("/").status_code == 302
    assert Person.objects.get(username="thi.be").check_password(OWN["new"])


def test_what_is_kept_of_a_link_opens_nothing(registrar: Person, seat: Seat) -> None:
    link = link_in(seat(registrar).post("/people/new", a_form(registrar)))

    (kept,) = Invitation.objects.all()

    assert kept.fingerprint not in link
    assert Client().get(f"/welcome/{kept.fingerprint}").status_code == 410
    assert not any(link[-20:] in line for line in Entry.objects.values_list("line", flat=True))


def test_a_link_ends_after_a_day_with_a_newer_one_and_with_a_closed_account(town: Town) -> None:
    now = datetime.now(UTC)
    old = invitations.invite(town.author, now - timedelta(hours=25))
    late = invitations.invited(old, now)
    first = invitations.invite(town.author, now)
    second = invitations.invite(town.author, now)

    assert (late, invitations.invited(first, now)) == (None, None)
    assert invitations.invited(second, now) == town.author
    Person.objects.filter(pk=town.author.pk).update(is_active=False)
    assert invitations.redeem(second, OWN["new"], now) is None


def test_a_weak_or_mistyped_password_leaves_the_link_as_it_was(town: Town) -> None:
    link = f"/welcome/{invitations.invite(town.author, datetime.now(UTC))}"

    weak = Client().post(link, {"new": "123", "again": "123"})
    mistyped = Client().post(link, OWN | {"again": "chim sẻ"})

    assert "field-error" in weak.content.decode() or "wrong" in weak.content.decode()
    assert "không giống nhau" in mistyped.content.decode()
    assert Client().post(link, OWN)["Location"] == "/"


def test_who_was_signed_in_at_that_browser_is_so_no_longer(town: Town) -> None:
    link = f"/welcome/{invitations.invite(town.author, datetime.now(UTC))}"
    shared = seated(town.stranger)

    shared.post(link, OWN)

    assert int(shared.session["_auth_user_id"]) == town.author.pk


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"username": "Thị Bé"}, "chữ thường không dấu"),
        ({"username": "lan"}, "Đã có tài khoản"),
        ({"roles": []}, "ít nhất một vai trò"),
        ({"areas": []}, "ít nhất một địa bàn"),
        ({"until": "2020-01-01"}, "đã qua"),
        ({"until": "hôm nào"}, "31/12/2026"),
        ({"code": "000000"}, "không đúng"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(
    changed: dict[str, Any], said: str, registrar: Person, seat: Seat
) -> None:
    answer = seat(registrar).post("/people/new", a_form(registrar, **changed))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'value="Thị Bé"' in page
    assert not Person.objects.filter(full_name="Thị Bé").exists()


def test_nobody_gives_a_role_outside_their_own_areas(
    town: Town, of_one_commune: Person, seat: Seat
) -> None:
    client = seat(of_one_commune)
    for area in ("vn-25345", "vn-25345-01"):
        answer = client.post("/people/new", a_form(of_one_commune, areas=["vn-25351", area]))
        assert answer.status_code == 422
    assert client.get(f"/people/{town.stranger.pk}/roles").status_code == 404

    by = accounts.By(
        "quan.tri.xa", datetime.now(UTC), standing_of(of_one_commune, datetime.now(UTC))
    )
    wanted = accounts.Wanted([(Role.AUTHOR, Area.objects.get(pk="vn-25345"))])
    assert accounts.make("x.y", "X", wanted, by) == accounts.NOT_YOUR_PLACE
    assert accounts.give(town.author, wanted, by) == accounts.NOT_YOUR_PLACE
    assert not Person.objects.filter(username__in=("thi.be", "x.y")).exists()


def test_nobody_gives_themselves_a_role_nor_ends_their_own(registrar: Person, seat: Seat) -> None:
    client, path = seat(registrar), f"/people/{registrar.pk}"

    given = client.post(f"{path}/roles", a_form(registrar, roles=["duty"]))
    mine = registrar.grants.first()
    assert mine is not None
    ended = client.post(
        f"{path}/end", {"grants": [mine.pk], "code": a_code(registrar, datetime.now(UTC))}
    )

    assert (given.status_code, ended.status_code) == (422, 422)
    assert all("nhờ một người quản trị khác" in a.content.decode() for a in (given, ended))
    assert roles_of(registrar) == {("registrar", "vn-25351"), ("registrar", "vn-25345")}


def test_a_role_lent_until_a_day_ends_with_that_day(
    town: Town, registrar: Person, seat: Seat
) -> None:
    lent = a_form(registrar, roles=["approver"], until=today().isoformat())

    seat(registrar).post(f"/people/{town.author.pk}/roles", lent)

    now = datetime.now(UTC)
    assert standing_of(town.author, now).may("approver", town.commune.path)
    assert not standing_of(town.author, now + timedelta(days=1)).may("approver", town.commune.path)
    assert "approver vn-25351" in Entry.objects.get(verb="role_given").line


def test_an_ended_role_is_gone_at_once_and_stays_as_history(
    town: Town, registrar: Person, seat: Seat
) -> None:
    client, theirs = seat(registrar), seat(town.author)
    assert theirs.get("/bulletins/new").status_code == 200
    grant = Grant.objects.get(person=town.author)

    form = {"grants": [grant.pk], "code": a_code(registrar, datetime.now(UTC))}
    client.post(f"/people/{town.author.pk}/end", form)

    assert theirs.get("/bulletins/new").status_code == 404
    assert "không có quyền ở địa bàn nào" in theirs.get("/").content.decode()
    page = client.get(f"/people/{town.author.pk}").content.decode()
    assert "đã hết" in page
    assert f'name="grants" value="{grant.pk}"' not in page


def test_a_registrar_ends_what_lies_in_their_commune_only(
    town: Town, of_one_commune: Person, seat: Seat
) -> None:
    wide = a_person("hai.xa", (Role.AUTHOR, town.commune), (Role.APPROVER, town.next_door))
    elsewhere = wide.grants.get(area=town.next_door)

    form = {"grants": [elsewhere.pk], "code": a_code(of_one_commune, datetime.now(UTC))}
    answer = seat(of_one_commune).post(f"/people/{wide.pk}/end", form)

    assert answer.status_code == 422
    assert "trong địa bàn của mình" in answer.content.decode()
    assert wide.grants.get(pk=elsewhere.pk).until is None


def test_people_are_found_without_marks(town: Town, registrar: Person, seat: Seat) -> None:
    Person.objects.filter(pk=town.author.pk).update(full_name="Điểu Thị Lẫm")

    page = seat(registrar).get("/people/?q=lam dieu").content.decode()

    assert "Điểu Thị Lẫm" in page
    assert f"/people/{town.approver.pk}" not in page


def test_these_pages_ask_the_database_few_questions(
    town: Town, registrar: Person, seat: Seat
) -> None:
    client, one = seat(registrar), f"/people/{town.author.pk}"
    for path in ("/people/", "/people/?q=lan", "/people/new", one, f"{one}/roles"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        assert len(queries) <= MOST_QUERIES, path
