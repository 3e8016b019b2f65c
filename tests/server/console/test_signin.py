"""Coming in: one's own password first, no way round it, no way out to another site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from fakes.people import PASSWORD
from fakes.town import Town

OWN = "chim sẻ đậu mái nhà"


@pytest.fixture
def newcomer(town: Town) -> Client:
    """Somebody with a one-time password, at the sign-in page."""
    town.author.set_password(PASSWORD)
    town.author.must_change_password = True
    town.author.save()
    return Client()


def enter(client: Client, password: str, onward: str = "") -> str:
    typed = {"username": "lan", "password": password, "next": onward}
    answer = client.post("/sign-in", typed)
    return str(answer["Location"]) if answer.status_code == 302 else answer.content.decode()


def test_the_first_sign_in_leads_only_to_a_password_of_ones_own(newcomer: Client) -> None:
    enter(newcomer, PASSWORD)
    led = [newcomer.get(page)["Location"] for page in ("/", "/bulletins/new", "/fleet/")]

    newcomer.post("/password", {"old": PASSWORD, "new": OWN, "again": OWN})

    assert led == ["/password"] * 3
    assert newcomer.get("/").status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"old": "wrong", "new": OWN, "again": OWN}, "Mật khẩu đang dùng không đúng"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "phải khác mật khẩu đang dùng"),
        ({"old": PASSWORD, "new": OWN, "again": OWN + "x"}, "không giống nhau"),
        ({"old": PASSWORD, "new": "ngắn", "again": "ngắn"}, "10"),
        ({"old": PASSWORD, "new": "9182736450", "again": "9182736450"}, 'class="wrong"'),
    ],
)
def test_a_password_that_will_not_do_is_said_beside_its_box(
    typed: dict[str, str], said: str, newcomer: Client
) -> None:
    enter(newcomer, PASSWORD)

    answer = newcomer.post("/password", typed)

    assert said in answer.content.decode()
    assert newcomer.get("/")["Location"] == "/password"


@pytest.mark.parametrize("onward", ["//evil.example/", "https://evil.example/", "javascript:0"])
def test_sign_in_never_leads_to_another_site(onward: str, newcomer: Client) -> None:
    assert enter(newcomer, PASSWORD, onward) == "/"


def test_sign_in_leads_to_the_page_that_was_asked_for(newcomer: Client) -> None:
    assert enter(newcomer, PASSWORD, "/bulletins/?page=2") == "/bulletins/?page=2"


def test_after_many_wrong_passwords_even_the_right_one_waits(newcomer: Client) -> None:
    said = [enter(newcomer, "wrong") for _ in range(6)]

    last = newcomer.post("/sign-in", {"username": "lan", "password": PASSWORD})

    assert "không đúng" in said[0]
    assert last.status_code == 429
    assert "Đã gõ sai mật khẩu hoặc mã xác nhận" in last.content.decode()


def test_signing_out_closes_the_console(town: Town, seat: Callable[..., Client]) -> None:
    client = seat(town.author)

    client.post("/sign-out")

    assert client.get("/").status_code == 302


def test_someone_switched_off_is_out_at_once(town: Town, seat: Callable[..., Client]) -> None:
    client = seat(town.author)
    town.author.is_active = False
    town.author.save()

    assert client.get("/").status_code == 302
