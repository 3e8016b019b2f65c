"""Set values in a commented TOML file and leave every other line as the operator wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

Value = str | int | bool | list[str]
_TABLE = re.compile(r"\s*\[([^\]]+)\]")
_SETTING = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def settle(text: str, values: Mapping[str, Value]) -> str:
    """`values` are named as in messages, "console.port". What has no line yet (a file from before
    the setting was) gets one at the end of its table."""
    left, table = dict(values), ""
    lines: list[str] = []
    for line in text.splitlines():
        if opened := _TABLE.match(line):
            lines += _missing(left, table)
            table = opened[1].strip() + "."
        found = _SETTING.match(line)
        name = table + found[1] if found else ""
        lines.append(f"{found[1]} = {_toml(left.pop(name))}" if found and name in left else line)
    lines += _missing(left, table)
    while left:
        table = next(iter(left)).partition(".")[0]
        lines += ["", f"[{table}]", *_missing(left, f"{table}.")]
    return "\n".join(lines) + "\n"


def _missing(left: dict[str, Value], table: str) -> list[str]:
    """Lines for what is left of this table, taken out of `left`."""
    mine = [name for name in left if name.rpartition(".")[0] == table.rstrip(".")]
    return [f"{name.rpartition('.')[2]} = {_toml(left.pop(name))}" for name in mine]


def _toml(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)  # these kinds are written alike in both
