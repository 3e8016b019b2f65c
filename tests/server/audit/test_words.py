"""Every act that the code tells has words on the page."""

from __future__ import annotations

import ast
from pathlib import Path

import loa_server
from loa_server.console import words

SERVER = Path(loa_server.__file__).parent
SAID_BY_THE_BULLETINS_KIND = {"stop", "all_clear"}


def verbs() -> dict[str, str]:
    """Verb -> where it is told. `note(bulletin, person, verb, now)` tells the log too."""
    found: dict[str, str] = {}
    for file in SERVER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = {"record": 0, "note": 2}.get(node.func.id, len(node.args))
                for said in node.args[at : at + 1]:
                    if isinstance(said, ast.Constant) and isinstance(said.value, str):
                        found[said.value] = f"{file.relative_to(SERVER)}:{node.lineno}"
    return found


def test_every_verb_has_words() -> None:
    told = verbs()

    assert {"create", "submit", "approve", "published", "ended"} <= set(told)
    assert {verb: where for verb, where in told.items() if verb not in words.VERBS} == {}
    assert set(words.VERBS) >= SAID_BY_THE_BULLETINS_KIND
