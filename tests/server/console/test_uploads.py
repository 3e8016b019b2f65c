"""Real files through the real converters: the good are kept, each bad one is told about."""

from __future__ import annotations

import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from fakes.paper import a_draft
from fakes.town import Town
from loa_server.bulletins.models import Bulletin
from parts import recordings

pytestmark = pytest.mark.parts


def a_huge_png(path: Path) -> Path:
    """12000×12000 by its header; little is behind it."""
    head = struct.pack(">IIBBBBB", 12000, 12000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    body = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def test_the_good_are_kept_and_the_bad_are_told_in_one_press(
    town: Town, seat: Callable[..., Client], tmp_path: Path
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    voice = recordings.speech(tmp_path / "voice.wav", 3)
    noise = tmp_path / "notes.mp3"
    noise.write_bytes(b"these are only words " * 400)

    with (
        voice.open("rb") as v,
        noise.open("rb") as n,
        a_huge_png(tmp_path / "b.png").open("rb") as p,
    ):
        answer = seat(town.author).post(
            f"/bulletins/{draft.id}/media",
            {"voice_vi": v, "voice_sti": n, "picture": p, "do": "next"},
        )

    said = answer.content.decode()
    kept = draft.voices.get(lang="vi").media
    assert answer.status_code == 200
    assert kept.origin == "upload"
    assert 2500 < (kept.duration_ms or 0) < 3500
    assert "notes.mp3: Tệp này không phải bản ghi âm" in said
    assert "12000 × 12000" in said
    assert not draft.voices.filter(lang="sti").exists()


def test_a_recording_from_the_browser_is_kept_as_one_and_a_fault_comes_as_a_sentence(
    town: Town, seat: Callable[..., Client], tmp_path: Path
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    address = f"/bulletins/{draft.id}/record/sti"
    spoken = recordings.speech(tmp_path / "voice.wav", 3)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", spoken, "-c:a", "libopus", tmp_path / "recording.webm"],
        check=True,
    )
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"\x1aE\xdf\xa3" + b"nothing" * 900)

    with rubbish.open("rb") as f:
        refused = seat(town.author).post(address, {"voice": f})
    with (tmp_path / "recording.webm").open("rb") as f:
        taken = seat(town.author).post(address, {"voice": f})

    assert refused.status_code == 422
    assert refused.json()["fault"].startswith("Tệp này không phải bản ghi âm")
    assert (taken.status_code, taken.json()) == (200, {})
    assert draft.voices.get(lang="sti").media.origin == "recording"
    assert seat(town.author).post(address).status_code == 404  # nothing was sent
    for who, where in ((town.stranger, address), (town.author, address.replace("sti", "xx"))):
        with (tmp_path / "recording.webm").open("rb") as f:
            assert seat(who).post(where, {"voice": f}).status_code == 404


def test_a_truncated_recording_is_refused(
    town: Town, seat: Callable[..., Client], tmp_path: Path
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    whole = recordings.speech(tmp_path / "whole.wav", 6)
    cut = recordings.first_half(whole, tmp_path / "cut.wav")

    with cut.open("rb") as f:
        answer = seat(town.author).post(
            f"/bulletins/{draft.id}/media", {"voice_km": f, "do": "save"}
        )

    assert "Bản ghi âm bị cắt" in answer.content.decode()
    assert not draft.voices.filter(lang="km").exists()


def test_a_machine_voice_is_labelled_and_outdated_by_an_edit(
    town: Town, seat: Callable[..., Client]
) -> None:
    draft = a_draft(town.author, town.commune, town.hamlet)
    client = seat(town.author)
    made = client.post(f"/bulletins/{draft.id}/media", {"do": "speak:vi"}).content.decode()
    words = {
        "title_vi": "Tên khác",
        "text_vi": draft.text["vi"],
        "genre": "health",
        "level": "normal",
    }
    version = Bulletin.objects.get(id=draft.id).version
    client.post(f"/bulletins/{draft.id}/content", {"version": version, **words})

    after = client.get(f"/bulletins/{draft.id}/check").content.decode()

    assert "Giọng máy" in made
    assert "đã sửa sau khi tạo giọng máy" in after
    assert "/submit" not in after
