"""What a spreadsheet would take for a formula, marked so that it is text, and unmarked again. Pure.

A sign that begins a cell begins a formula (OWASP, CSV injection). An office's program may part the
lines at other signs than we wrote: what stands after one of those may begin a cell as well.
"""

from __future__ import annotations

import re
from typing import Final

_BEGINS: Final = r"(^|[;,\t\r\n])([ \u00a0]*)"
_SIGN: Final = r"[=+\-@\t\r＝＋－＠]"
_RECKONED: Final = re.compile(rf"{_BEGINS}(?='*{_SIGN})")
_MARKED: Final = re.compile(rf"{_BEGINS}'(?='*{_SIGN})")


def marked(said: object) -> str:
    text = "" if said is None else str(said)
    return _RECKONED.sub(r"\1\2'", text)


def unmarked(text: str) -> str:
    """What `marked` was given."""
    return _MARKED.sub(r"\1\2", text)
