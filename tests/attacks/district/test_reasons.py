"""Whatever a node refuses, staff read why: each code has its sentence, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

import loa_node
import loa_wire
from loa_server.console import words

NODE, WIRE = Path(loa_node.__file__).parent, Path(loa_wire.__file__).parent
CODE = re.compile(r"""(?:Refused|UnreadableError)\(\s*["']([a-z0-9_]+)["']""")
FILES = [
    *(NODE / f"{name}.py" for name in ("trust", "inbox", "register", "standing")),
    *(WIRE / f"{name}.py" for name in ("chain", "dsse", "parse")),
]
CODES = sorted({code for file in FILES for code in CODE.findall(file.read_text(encoding="utf-8"))})
BY_RULE = ["may", "scope", "level", "key_life"]
"""Said by step 7, which hands them on."""


def test_the_codes_are_read_from_the_rules_themselves() -> None:
    assert {"signature", "unknown_key", "countersign", "rollback", "json"} <= set(CODES)


@pytest.mark.parametrize("code", [*CODES, *BY_RULE])
def test_a_refusal_has_a_sentence_in_both_languages(code: str) -> None:
    assert code in words.REASONS
    with translation.override("vi"):
        vietnamese = str(words.REASONS[code])
    with translation.override("en"):
        english = str(words.REASONS[code])
    assert len(vietnamese) > 5
    assert english != vietnamese
