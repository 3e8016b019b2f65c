"""The screen as a thing to lay out on: its size, its unit, and how text fits a width. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from loa_node.screen.boxes import Reach, Rect, Ruler, Style
from loa_node.screen.writing import clusters, has_khmer, wrap


@dataclass(frozen=True, slots=True)
class Sheet:
    width: int
    height: int
    ruler: Ruler

    @property
    def whole(self) -> Rect:
        return Rect(0, 0, self.width, self.height)

    @property
    def wide(self) -> bool:
        """Room for two columns side by side; 4:3 has not."""
        return self.width >= 1.5 * self.height

    def px(self, units: float) -> int:
        """Units of look.py in pixels; a screen narrower than 4:3 counts as one that is 4:3."""
        return max(1, round(units * min(self.height, self.width * 3 / 4) / 1080))

    def style(self, units: float, text: str = "", *, bold: bool = False) -> Style:
        """`text` is what will be written: Khmer needs more room below the line."""
        return Style(self.px(units), bold, Reach.KHMER if has_khmer(text) else Reach.LETTERS)

    def line_height(self, style: Style) -> int:
        return self.ruler.height(style)

    def pitch(self, style: Style) -> int:
        return round(self.ruler.height(style) * 0.88)

    def block_height(self, lines: int, style: Style) -> int:
        return (lines - 1) * self.pitch(style) + self.line_height(style) if lines else 0

    def digits(self, units: float) -> Style:
        return Style(self.px(units), bold=True, reach=Reach.DIGITS)

    def lines(self, text: str, width: int, style: Style) -> tuple[str, ...]:
        return tuple(wrap(text, width, lambda part: self.ruler.width(part, style)))

    def balanced(self, text: str, width: int, style: Style) -> tuple[str, ...]:
        """As few lines, about as long as each other: no lone word under a title."""
        found = self.lines(text, width, style)
        for narrower in range(width, width // 2, -max(1, width // 24)):
            lines = self.lines(text, narrower, style)
            if len(lines) > len(found):
                break
            found = lines
        return found

    def largest(self, text: str, width: int, units: tuple[int, ...], *, bold: bool) -> Style:
        """The largest of these sizes at which the text is one line; the last if none is."""
        for size in units:
            style = self.style(size, text, bold=bold)
            if self.ruler.width(text, style) <= width:
                return style
        return self.style(units[-1], text, bold=bold)

    def shortened(self, text: str, width: int, style: Style) -> str:
        """One line, cut with an ellipsis if it must be: for names, never for a message."""
        if self.ruler.width(text, style) <= width:
            return text
        letters = clusters(text)
        while letters and self.ruler.width("".join(letters).rstrip() + "…", style) > width:
            letters.pop()
        return "".join(letters).rstrip() + "…" if letters else ""
