"""What the console says of the keys, before they run out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from fakes.town import Town
from fakes.wire import DAY, NOW, People, changed
from loa_server.areas.models import Person
from loa_server.ceremony.trustfolder import Held
from loa_server.console.keybook import said_of
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


@pytest.mark.rows
def test_home_and_fleet_say_it(town: Town, seat: Callable[[Person | None], Client]) -> None:
    author = seat(town.author)

    assert "Chưa có khóa gốc" in author.get("/").content.decode()
    assert "Chưa có khóa gốc" in author.get("/fleet/").content.decode()
