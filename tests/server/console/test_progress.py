"""How far a file is: its percent while it is prepared, to whoever sent it and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from fakes.paper import a_draft
from fakes.town import Town
from loa_server.console import prepare, progress
from parts import recordings

pytestmark = pytest.mark.parts
Seat = Callable[..., Client]
JOB = "0123456789abcdef"
WAITS = {"X-Progress": JOB}


def a_voice(folder: Path, seconds: int = 3) -> SimpleUploadedFile:
    made = recordings.speech(folder / "voice.wav", seconds)
    return SimpleUploadedFile("voice.wav", made.read_bytes())


@pytest.mark.usefixtures("town")
def test_the_percent_only_grows_and_ends_whole(tmp_path: Path) -> None:
    heard: list[float] = []

    kept = prepare.voice_from_upload(a_voice(tmp_path), progress=heard.append)

    assert len(heard) > 5
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert kept.media.peak_tenths is not None
    assert kept.media.peak_tenths <= -15


def test_whoever_sent_it_reads_it_and_nobody_else(town: Town, seat: Seat) -> None:
    progress.begin(town.author.pk, JOB)(0.42)
    try:
        mine = seat(town.author).get(f"/progress/{JOB}").json()
        theirs = seat(town.stranger).get(f"/progress/{JOB}").json()
    finally:
        progress.end(town.author.pk, JOB)

    assert (mine, theirs) == ({"done": 0.42}, {})
    assert seat(town.author).get(f"/progress/{JOB}").json() == {}


def test_it_can_be_read_while_the_file_is_being_prepared(
    town: Town, seat: Seat, tmp_path: Path
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    upload, client, answers = a_voice(tmp_path, 40), seat(town.author), []

    def send() -> None:
        sent = {"voice_vi": upload, "do": "save"}
        answers.append(client.post(f"/bulletins/{draft.id}/media", sent, headers=WAITS))
        connection.close()

    sending = Thread(target=send)
    sending.start()
    seen: set[float] = set()
    while sending.is_alive():
        seen.add(progress.of(town.author.pk, JOB) or 0.0)
        sending.join(0.02)

    assert len(seen) > 3
    assert answers[0].json() == {}


def test_the_page_is_shown_anew_with_what_it_has_to_say_once(town: Town, seat: Seat) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    client = seat(town.author)
    address = f"/bulletins/{draft.id}/media"
    sent: dict[str, Any] = {"voice_vi": SimpleUploadedFile("notes.mp3", b"words " * 900)}

    answer = client.post(address, sent | {"do": "next"}, headers=WAITS)
    first, second = (client.get(address).content.decode() for _ in range(2))

    assert (answer.status_code, answer.json()) == (422, {})
    assert "notes.mp3: Tệp này không phải bản ghi âm" in first
    assert "notes.mp3" not in second


def test_what_was_said_of_one_bulletin_is_not_said_of_another(town: Town, seat: Seat) -> None:
    one = a_draft(town.author, town.commune, town.hamlet)
    other = a_draft(town.author, town.commune, town.hamlet)
    client = seat(town.author)
    sent: dict[str, Any] = {"voice_vi": SimpleUploadedFile("notes.mp3", b"words " * 900)}

    client.post(f"/bulletins/{one.id}/media", sent, headers=WAITS)

    assert "notes.mp3" not in client.get(f"/bulletins/{other.id}/media").content.decode()


def test_a_good_press_says_where_to_go(town: Town, seat: Seat) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)

    answer = seat(town.author).post(f"/bulletins/{draft.id}/media", {"do": "next"}, headers=WAITS)

    assert answer.json() == {"go": f"/bulletins/{draft.id}/areas"}


@pytest.mark.parametrize("job", ["", "short", "x" * 41, "../../etc", "ĐÀI12345678"])
def test_a_name_that_no_browser_of_ours_makes_is_not_kept(job: str) -> None:
    progress.begin(1, job)(0.5)

    assert progress.of(1, job) is None


def test_who_begins_without_end_fills_no_memory() -> None:
    for n in range(2 * progress.MOST):
        progress.begin(1, f"{n:016x}")

    assert progress.of(1, f"{0:016x}") is None
    assert progress.of(1, f"{2 * progress.MOST - 1:016x}") == 0.0
