"""Cards as they come from another laptop: by whoever made them, with whatever program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loa_server.ceremony import keyfile
from loa_server.ceremony.refusal import CeremonyError


@pytest.fixture
def card(tmp_path: Path) -> Path:
    keyfile.make("countersign", "Bà Năm", "four words of nothing", tmp_path, "nam")
    return tmp_path / "nam.card.json"


@pytest.mark.parametrize(
    "holder", ["Bà Năm ", " Bà Năm", "Ba\u0300 Na\u0306m", "Bà\u200b Năm", "Bà\u00a0Năm", "Bà\nNăm"]
)
def test_a_card_whose_holder_could_be_written_otherwise_is_refused(card: Path, holder: str) -> None:
    assert keyfile.read_card(card).holder == "Bà Năm"
    said = json.loads(card.read_text(encoding="utf-8"))
    card.write_text(json.dumps(said | {"holder": holder}), encoding="utf-8")

    with pytest.raises(CeremonyError) as why:
        keyfile.read_card(card)

    assert why.value.finding.code == "holder"
