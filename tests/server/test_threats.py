"""The table of threats in server/README.md names tests that are there, and leaves no attack out."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
README = (TESTS.parent / "server" / "README.md").read_text(encoding="utf-8")
TABLE = README.split("\n## Threats\n", 1)[1].split("\n## ", 1)[0]
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", TABLE)


@cache
def written(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_threat_table_names_is_there() -> None:
    assert len(NAMED) > 50
    assert [f"{file}::{name}" for file, name in NAMED if name not in written(file)] == []


def test_every_threat_has_a_defence_and_a_test() -> None:
    rows = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")]

    assert rows[0] == ["tried", "what stands against it", "tests"]
    for row in rows[1:]:
        threat, defence, tests = row
        assert threat
        assert defence
        assert re.fullmatch(r"(`[\w/]+\.py::test_\w+`\s*)+", tests), threat


def test_no_file_of_attacks_is_left_out() -> None:
    attacks = {str(f.relative_to(TESTS)) for f in (TESTS / "attacks").rglob("test_*.py")}

    left_out = attacks - {file for file, _ in NAMED}
    assert left_out == set(), "give each a line in the table of threats in server/README.md"
