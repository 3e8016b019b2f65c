"""What the console says of the keys, before they run out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from fakes.people import a_person
from fakes.town import Town
from fakes.wire import DAY, NOW, UNIT, People, changed
from loa_server.areas.models import Person, Role
from loa_server.ceremony.trustfolder import Held
from loa_server.console import keybook
from loa_server.console.keybook import Circle, said_of, shown
from loa_wire.trusted import Root, RootKey

PEOPLE = People()


def a_demo_root() -> Root:
    root = PEOPLE.root()
    keys = {k: RootKey(public=key.public, holder="DEMO người") for k, key in root.keys.items()}
    return changed(root, keys=keys)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (Held(PEOPLE.root(), b"", PEOPLE.register(exp=NOW + 31 * DAY), b""), []),
        (Held(PEOPLE.root(), b"", PEOPLE.register(exp=NOW + 29 * DAY), b""), ["20/10/2026"]),
        (Held(PEOPLE.root(), b"", PEOPLE.register(exp=NOW), b""), ["đã hết hạn ngày 21/09/2026"]),
        (Held(PEOPLE.root()), ["Chưa có sổ khóa"]),
        (Held(), ["Chưa có khóa gốc"]),
        (None, ["bị hỏng"]),
        (Held(a_demo_root(), b"", PEOPLE.register(exp=NOW + 31 * DAY), b""), ["dùng thử"]),
    ],
    ids=["good", "a month", "over", "no register", "no root", "damaged", "a demo"],
)
def test_the_keys_are_told_of_in_time(held: Held | None, said: list[str]) -> None:
    found = said_of(held, NOW)

    assert len(found) == len(said)
    assert all(text in notice.text for text, notice in zip(said, found, strict=True))


HELD = Held(PEOPLE.root(), b"", PEOPLE.register(), b"")


@pytest.mark.rows
def test_the_book_names_each_key_its_holder_its_right_its_places_and_its_end(town: Town) -> None:
    soon = PEOPLE.register_key("publisher", scope=[town.commune.pk, "x"], exp=NOW + 29 * DAY)
    over = PEOPLE.register_key("duty", exp=NOW)
    waits = PEOPLE.register_key("ops", nbf=NOW + 1)
    held = Held(PEOPLE.root(), b"", PEOPLE.register(keys=[soon, over, waits]), b"")

    book = shown(held, UNIT, NOW)

    assert [(key.holder, key.state) for key in book.keys] == [
        ("publisher", "soon"), ("duty", "over"), ("ops", "waits"),
    ]  # fmt: skip
    assert (book.keys[0].may, book.keys[0].level) == (("ký bản tin và lệnh dừng",), "ưu tiên")
    assert book.keys[0].places == ("Tân Quan", "x")
    assert book.rooted == Circle(("r0", "r1", "r2"), 2)
    assert book.signing is not None
    assert book.signing.needed == 1


@pytest.mark.rows
def test_registrar_and_auditor_read_it_and_change_nothing(
    town: Town, seat: Callable[[Person | None], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keybook, "_held", lambda _config: HELD)
    auditor = a_person("auditor", (Role.AUDITOR, town.commune))

    page = seat(auditor).get("/keys/").content.decode()

    for said in ("Sổ khóa", "province", "chữ ký thứ hai của báo động khẩn cấp", "cần 2 trong 3"):
        assert said in page
    assert "<form" not in page.partition("<main")[2]
    assert 'href="/keys/"' in page
    assert seat(town.author).get("/keys/").status_code == 404
    client = seat(auditor)
    client.post("/language", {"language": "en"})
    assert "the second signature of emergencies" in client.get("/keys/").content.decode()


@pytest.mark.rows
@pytest.mark.parametrize("held", [None, Held(), Held(PEOPLE.root())])
def test_where_keys_are_missing_the_page_says_what_to_run(
    held: Held | None,
    town: Town,
    seat: Callable[[Person | None], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keybook, "_held", lambda _config: held)
    registrar = a_person("reg", (Role.REGISTRAR, town.commune))

    page = seat(registrar).get("/keys/").content.decode()

    assert "loa-server keys ceremony" in page
    assert "notice bad" in page


@pytest.mark.rows
def test_home_and_fleet_say_it(town: Town, seat: Callable[[Person | None], Client]) -> None:
    author = seat(town.author)

    assert "Chưa có khóa gốc" in author.get("/").content.decode()
    assert "Chưa có khóa gốc" in author.get("/fleet/").content.decode()
