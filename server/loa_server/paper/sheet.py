"""A page that can write every language we carry: our own fonts, shaped, Khmer broken at U+200B."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fpdf import FPDF, XPos, YPos

LATIN, KHMER = "latin", "khmer"
FILES: Final = {
    (LATIN, ""): "NotoSans-Regular.ttf",
    (LATIN, "B"): "NotoSans-Bold.ttf",
    (KHMER, ""): "NotoSansKhmer-Regular.ttf",
    (KHMER, "B"): "NotoSansKhmer-Bold.ttf",
}
_KHMER: Final = re.compile("[\u1780-\u17ff\u19e0-\u19ff]")
INK: Final = (24, 30, 38)
SOFT: Final = (88, 98, 110)
COLOURS: Final = {"normal": (24, 92, 165), "priority": (176, 92, 0), "emergency": (178, 24, 24)}
"""By class, dark enough to read white on them and to survive a black-and-white copier."""


def paragraphs(text: str) -> Iterator[str]:
    """Between empty lines or at each new line: people type both."""
    yield from (line.strip() for line in text.splitlines() if line.strip())


class Sheet(FPDF):
    """Millimetres. `write_block` is the only way text comes onto it."""

    def __init__(self, size: tuple[float, float], margin: float, fonts: Path) -> None:
        super().__init__(orientation="P", unit="mm", format=size)
        for (family, style), name in FILES.items():
            self.add_font(family, style, fonts / name)
        self.set_fallback_fonts([LATIN, KHMER], exact_match=False)
        self.set_text_shaping(use_shaping_engine=True)
        self.set_margins(margin, margin, margin)
        self.set_auto_page_break(auto=True, margin=margin + 8)
        self.foot = ""
        self.add_page()

    def footer(self) -> None:
        """fpdf2 calls it at the end of each page."""
        self.set_y(-self.b_margin + 3)
        self.set_font(LATIN, "", 7.5)
        self.set_text_color(*SOFT)
        width = self.epw - 16
        self.cell(width, 4, self._fitting(self.foot, width))
        self.cell(16, 4, f"{self.page_no()}/{{nb}}", align="R")

    def write_block(
        self,
        text: str,
        points: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
        leading: float = 1.4,
    ) -> None:
        """`text` over the whole width, then the next line. `leading` in multiples of `points`."""
        family = KHMER if _KHMER.search(text) else LATIN
        self.set_font(family, "B" if bold else "", points)
        self.set_text_color(*colour)
        # Khmer stacks signs above and below its letters
        high = points * 0.3528 * (leading + (0.25 if family == KHMER else 0))
        self.multi_cell(0, high, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def band(self, left: str, right: str, colour: tuple[int, int, int]) -> None:
        """A bar across the page with white words at both ends."""
        self.set_fill_color(*colour)
        self.set_text_color(255, 255, 255)
        self.set_font(LATIN, "B", 9)
        first = self.epw - self.get_string_width(right) - 6
        self.cell(first, 8, " " + self._fitting(left, first - 4), fill=True)
        self.cell(self.epw - first, 8, right + " ", fill=True, align="R")
        self.ln(8)
        self.ln(4)

    def picture(self, file: Path, highest: float) -> None:
        """As wide as the page, at most `highest` mm high, on the next page if it does not fit."""
        image = self.image(file, x=self.l_margin, w=self.epw, h=highest, keep_aspect_ratio=True)
        self.set_y(self.get_y() + (3 if image else 0))

    def keep_together(self, high: float) -> None:
        """The next `high` mm stand on one page."""
        if self.will_page_break(high):
            self.add_page()

    def finished(self) -> bytes:
        return bytes(self.output())

    def _fitting(self, text: str, width: float) -> str:
        """One line of `text`, cut with an ellipsis where it is too long."""
        while text and self.get_string_width(text) > width:
            text = text[:-2].rstrip() + "…"
        return text
