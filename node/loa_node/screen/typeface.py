"""Fonts and what they measure and draw. The Ruler of the layout and the pen of the painter.

pygame.font with set_script shapes Khmer rightly; pygame.freetype does not and is never used. One
Font per (script, size, weight): the script is a property of the Font. The runs of a line are
joined on the baseline.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from pathlib import Path

import pygame.font

from loa_node.screen.boxes import Reach, Style
from loa_node.screen.look import Colour
from loa_node.screen.writing import Script, runs

_FILES = {
    (Script.LATIN, False): "NotoSans-Regular.ttf",
    (Script.LATIN, True): "NotoSans-Bold.ttf",
    (Script.KHMER, False): "NotoSansKhmer-Regular.ttf",
    (Script.KHMER, True): "NotoSansKhmer-Bold.ttf",
}
# Ems above and below the baseline, measured on the fonts, whose own ascent and descent leave out
# S'tiêng capitals with two marks and Khmer subscripts.
_REACH = {
    Reach.LETTERS: (1.20, 0.30),
    Reach.KHMER: (1.20, 0.58),
    Reach.DIGITS: (0.80, 0.08),
}
_KEPT = 24  # open Fonts: more than any page uses


class FontsError(Exception):
    """The fonts folder is not what it should be; the message says which file is missing."""


class Typeface:
    """Promise: what `width` answers is what `draw` covers."""

    def __init__(self, folder: Path) -> None:
        missing = [name for name in _FILES.values() if not (folder / name).is_file()]
        if missing:
            raise FontsError(f"{folder}: {', '.join(missing)} not found; set screen.fonts")
        self._folder = folder
        self._fonts: OrderedDict[tuple[Script, Style], pygame.font.Font] = OrderedDict()

    def _font(self, script: Script, style: Style) -> pygame.font.Font:
        key = (script, style)
        if key not in self._fonts:
            if len(self._fonts) >= _KEPT:
                self._fonts.popitem(last=False)
            font = pygame.font.Font(self._folder / _FILES[script, style.bold], style.size)
            font.set_script(script.value)
            self._fonts[key] = font
        self._fonts.move_to_end(key)
        return self._fonts[key]

    def width(self, text: str, style: Style) -> int:
        return sum(self._font(script, style).size(part)[0] for script, part in runs(text))

    def height(self, style: Style) -> int:
        return self.ascent(style) + math.ceil(style.size * _REACH[style.reach][1])

    def ascent(self, style: Style) -> int:
        """From the top of a line's box to its baseline."""
        return math.ceil(style.size * _REACH[style.reach][0])

    def draw(
        self, surface: pygame.Surface, text: str, at: tuple[int, int], style: Style, ink: Colour
    ) -> None:
        """One line whose box has its left upper corner at `at`."""
        x, top = at
        for script, part in runs(text):
            font = self._font(script, style)
            drawn = font.render(part, True, ink)  # noqa: FBT003 - it takes no names
            # SDL_ttf moves the baseline down to make room for marks above the font's ascent.
            moved = drawn.get_height() - font.get_height() if script is Script.LATIN else 0
            surface.blit(drawn, (x, top + self.ascent(style) - font.get_ascent() - moved))
            x += font.size(part)[0]
