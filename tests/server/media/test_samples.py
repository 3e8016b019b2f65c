"""The demo programme holds together: places, languages, files, labels."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loa_server.media import words
from loa_wire.bulletin import Schedule
from loa_wire.fields import AreaId, Lang

CONTENT = Path(__file__).resolve().parents[3] / "content"
SAMPLES = CONTENT / "samples"
AREAS: list[dict[str, Any]] = json.loads((SAMPLES / "areas.json").read_text())
PROGRAMME: dict[str, Any] = json.loads((SAMPLES / "programme.json").read_text())
BULLETINS: list[dict[str, Any]] = PROGRAMME["bulletins"]
PLACES = {row["id"]: row for row in AREAS}


def test_the_four_communes_and_their_hamlets_stand_under_dong_nai() -> None:
    communes = {r["code"]: (r["name"], r["kind"]) for r in AREAS if r["parent"] == "vn-75"}

    assert communes == {
        "25345": ("Tân Hưng", "commune"),
        "25349": ("Minh Đức", "commune"),
        "25351": ("Tân Quan", "commune"),
        "25357": ("Tân Khai", "ward"),
    }
    for code in communes:
        assert len([r for r in AREAS if r["parent"] == f"vn-{code}"]) in {3, 4}


def test_every_place_has_an_id_for_the_wire_and_a_parent_in_the_tree() -> None:
    assert len(PLACES) == len(AREAS)
    for row in AREAS:
        msgspec.convert(row["id"], AreaId)
        assert row["parent"] is None or row["parent"] in PLACES


@pytest.mark.parametrize("bulletin", BULLETINS, ids=lambda b: str(b["slug"]))
def test_a_bulletin_can_be_typed_into_the_console_as_it_stands(bulletin: dict[str, Any]) -> None:
    home = PLACES[bulletin["home"]]
    for area in bulletin["areas"]:
        assert home["id"] in {area, PLACES[area]["parent"]}
    msgspec.convert(bulletin["schedule"], Schedule)
    assert set(bulletin["title"]) == set(bulletin["text"])
    for lang, text in (*bulletin["title"].items(), *bulletin["text"].items()):
        msgspec.convert(lang, Lang)
        assert words.shown(text) == text
        words.refuse_uncovered(text, CONTENT / "fonts")


def test_the_demo_node_is_inside_every_bulletins_area() -> None:
    node = PLACES[PROGRAMME["demo_node"]["area"]]

    for bulletin in BULLETINS:
        assert {node["id"], node["parent"]} & set(bulletin["areas"])


def test_the_programme_speaks_vietnamese_khmer_and_xtieng_and_shows_a_picture() -> None:
    languages = {lang for bulletin in BULLETINS for lang in bulletin["text"]}

    assert languages == {"vi", "km", "sti"}
    assert [p for b in BULLETINS for p in b["pictures"]] == ["pictures/vaccination.jpg"]


@pytest.mark.parametrize("bulletin", BULLETINS, ids=lambda b: str(b["slug"]))
def test_every_voice_is_small_and_says_inside_that_a_machine_made_it(
    bulletin: dict[str, Any],
) -> None:
    assert bulletin["voices"]
    for voice in bulletin["voices"].values():
        body = (SAMPLES / voice["file"]).read_bytes()
        assert len(body) < 300_000
        assert re.search("=giọng máy.*tts:espeak-ng".encode(), body)
