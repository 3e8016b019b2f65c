"""Search as people type it: "ap soc bu dop" finds "Ấp Sóc Bù Đốp". Pure."""

from __future__ import annotations

import unicodedata

_STROKES = str.maketrans({"đ": "d", "Đ": "d"})  # a letter of its own: it has no mark to strip


def fold(text: str) -> str:
    """Lower case, without marks, single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join(bare.translate(_STROKES).casefold().split())
