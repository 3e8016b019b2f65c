"""Every refusal and warning is a whole sentence in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import loa_server.media
from loa_server.media.refusal import SENTENCES, MediaRefusedError, minutes, warn

FOLDER = Path(loa_server.media.__file__).parent
USED = set(
    re.findall(
        r'(?:RefusedError|warn)\(\s*"(\w+)"|"refused": "(\w+)"',
        "\n".join(f.read_text() for f in FOLDER.glob("*.py")),
    )
)


@pytest.mark.parametrize("code", SENTENCES)
def test_both_languages_say_it_and_name_the_same_facts(code: str) -> None:
    vi, en = SENTENCES[code]
    facts = [set(re.findall(r"{(\w+?)(?:_en)?}", said)) for said in (vi, en)]

    assert vi.endswith(".")
    assert en.endswith(".")
    assert facts[0] == facts[1]


def test_every_sentence_is_used_and_every_code_has_one() -> None:
    used = {code for pair in USED for code in pair if code}

    assert used <= set(SENTENCES)
    assert set(SENTENCES) - used <= {"no_sound"}  # chosen between two in one expression


def test_a_refusal_carries_its_code_and_its_facts() -> None:
    refused = MediaRefusedError("truncated", declared=minutes(247), decoded=minutes(61.6))

    assert refused.code == "truncated"
    assert "4:07" in refused.vi
    assert "1:02" in refused.en


def test_a_warning_is_worded_the_same_way() -> None:
    assert warn("trailing_silence", seconds=9).vi == "Cuối bản ghi có 9 giây im lặng. Nên cắt bớt."
