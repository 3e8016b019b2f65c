"""Measures text without fonts: every letter is as wide, every mark is free."""

from __future__ import annotations

from functools import lru_cache

from loa_node.screen.boxes import Reach, Style
from loa_node.screen.writing import clusters


@lru_cache(maxsize=65536)
def letters(text: str) -> int:
    return len(clusters(text))


class FakeRuler:
    def width(self, text: str, style: Style) -> int:
        return round(letters(text) * style.size * 0.58)

    def height(self, style: Style) -> int:
        return round(
            style.size * {Reach.LETTERS: 1.5, Reach.KHMER: 1.78, Reach.DIGITS: 0.88}[style.reach]
        )
