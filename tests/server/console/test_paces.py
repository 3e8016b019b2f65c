"""How often one may ask for what costs something."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fakes.paper import a_draft
from fakes.people import a_person
from fakes.town import Town
from loa_server.areas.models import Role
from loa_server.audit.models import Entry

MANY = 40


@pytest.mark.usefixtures("town")
def test_one_address_cannot_try_names_without_end() -> None:
    client = Client(REMOTE_ADDR="10.9.9.9")

    answers = [
        client.post("/sign-in", {"username": f"ten-{n}", "password": "x"}).status_code
        for n in range(130)
    ]

    assert answers[0] == 200
    assert answers[-1] == 429
    assert Entry.objects.count() < 130  # nor fill the audit log
    assert Client().post("/sign-in", {"username": "lan", "password": "x"}).status_code == 200


def test_one_person_cannot_keep_every_processor_busy(
    town: Town, seat: Callable[..., Client]
) -> None:
    author = a_person("hang-say", (Role.AUTHOR, town.commune))
    draft = a_draft(author, town.commune, town.hamlet)
    files = [SimpleUploadedFile(f"{n}.mp3", b"no sound") for n in range(MANY)]

    page = seat(author).post(f"/bulletins/{draft.id}/media", {"do": "save", "voice_vi": files})

    said = page.content.decode()
    assert "Hãy đợi một phút" in said
    assert said.count("Hãy đợi một phút") <= MANY - 30
    assert seat(town.author).get("/").status_code == 200
