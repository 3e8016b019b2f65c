"""Set values in a commented TOML file and leave every other line as the operator wrote it."""

from __future__ import annotations

import json
import re

Value = str | int | bool
_TABLE = re.compile(r"\s*\[([^\]]+)\]")
_SETTING = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


class SettleError(ValueError):
    """A value has no line of its own to stand in."""


def settle(text: str, values: dict[str, Value]) -> str:
    """`values` are named as in messages, "console.port"; each must have its line in `text`."""
    left, table, lines = dict(values), "", []
    for line in text.splitlines():
        if opened := _TABLE.match(line):
            table = opened[1].strip() + "."
        found = _SETTING.match(line)
        name = table + found[1] if found else ""
        lines.append(f"{found[1]} = {_toml(left.pop(name))}" if found and name in left else line)
    if left:
        raise SettleError(f"no line for {', '.join(sorted(left))}")
    return "\n".join(lines) + "\n"


def _toml(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)  # the three kinds are written alike in both
