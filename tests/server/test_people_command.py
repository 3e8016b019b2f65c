"""`loa-server people`: the first account of an installation that has none."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from fakes.people import a_commune, a_person
from loa_server import config
from loa_server.__main__ import main
from loa_server.areas.invitations import invited
from loa_server.areas.models import Person, Role
from loa_server.audit.models import Entry

OWN = "chim sẻ đậu trên mái nhà"

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def people(server_config: config.ServerConfig, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Asks the command; its answer, both streams."""
    file = str(Path(server_config.state_dir) / "server.toml")

    def ask(verb: str, *words: str) -> tuple[int, str]:
        status = main(["people", "--config", file, verb, *words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return ask


def test_an_installation_begins_without_any_account() -> None:
    assert not Person.objects.exists()


def test_the_first_registrar_signs_in_with_what_is_printed(people) -> None:  # type: ignore[no-untyped-def]
    a_commune()

    status, said = people("add", "ba.nam", "--name", "Bà Năm", "--may", "registrar", "vn-25351")

    link = re.search(r"/welcome/[\w-]{32}\n", said)
    assert (status, link is not None) == (0, True)
    client = Client()
    client.post(link[0].strip(), {"new": OWN, "again": OWN})  # type: ignore[index]
    assert client.get("/")["Location"] == "/factor"
    entry = Entry.objects.get(verb="account_made")
    assert link[0].strip() not in entry.line  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "lan", "--name", "x", "--may", "author", "vn-25351"), "already"),
        (("add", "LAN", "--name", "x", "--may", "author", "vn-25351"), "small letters"),
        (("add", "nam", "--name", "x", "--may", "boss", "vn-25351"), "boss"),
        (("add", "nam", "--name", "x", "--may", "author", "vn-0"), "no such area"),
        (("reset", "nobody"), "no account"),
        (("close", "nobody"), "no account"),
    ],
)
def test_what_cannot_be_is_said(people, words: tuple[str, ...], sentence: str) -> None:  # type: ignore[no-untyped-def]
    a_person("lan", (Role.AUTHOR, a_commune()))

    status, said = people(*words)

    assert status == 1
    assert sentence in said
    assert Person.objects.count() == 1


def test_the_last_registrar_comes_back_in(people) -> None:  # type: ignore[no-untyped-def]
    person = a_person("ba.nam", (Role.REGISTRAR, a_commune()))

    people("close", "ba.nam")
    closed = Person.objects.get(pk=person.pk).is_active
    people("open", "ba.nam")
    status, said = people("reset", "ba.nam")

    held = Person.objects.get(pk=person.pk)
    assert (closed, held.is_active, held.totp_secret, status) == (False, True, "", 0)
    assert held == invited(said.split("/")[-1].strip(), datetime.now(UTC))
    assert not held.has_usable_password()
    assert "ba.nam" in people("list")[1]
