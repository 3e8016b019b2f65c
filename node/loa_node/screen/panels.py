"""One language's title and text on its share of the screen, in as many leaves as it takes. Pure.

A short text is set large. A long one is set at the least size that is read at ten metres and
goes on over the leaf: nothing is cut off, nothing shrinks below what can be read.
"""

from __future__ import annotations

from dataclasses import dataclass

from loa_node.screen.boxes import Align, Rect, Style, Words
from loa_node.screen.look import Look
from loa_node.screen.scene import Panel
from loa_node.screen.sheet import Sheet
from loa_node.screen.writing import shared_out

TITLE_SHARE = 0.46  # of the height, when a text stands below
_GAP = 26


@dataclass(frozen=True, slots=True)
class Leaf:
    title: tuple[str, ...]
    title_style: Style
    text: tuple[str, ...]
    text_style: Style

    def height(self, sheet: Sheet) -> int:
        gap = sheet.px(_GAP) if self.title and self.text else 0
        return (
            sheet.block_height(len(self.title), self.title_style)
            + gap
            + sheet.block_height(len(self.text), self.text_style)
        )

    def letters(self) -> int:
        return sum(len(line) for line in (*self.title, *self.text))


def leaves(panel: Panel, room: Rect, look: Look, sheet: Sheet) -> list[Leaf]:
    """At least one for a panel with words; every letter of it is on one of them."""
    share = TITLE_SHARE if panel.text else 1.0
    title, title_style = _largest(panel.title, room, look.titles, share, sheet, bold=True)
    above = sheet.block_height(len(title), title_style)
    if above > room.h * share:
        return _title_first(title, title_style, panel, room, look, sheet)
    gap = sheet.px(_GAP) if title else 0
    below = Rect(room.x, room.y + above + gap, room.w, room.h - above - gap)
    text, text_style = _largest(panel.text, below, look.texts, 1.0, sheet, bold=False)
    pages = shared_out(text, _capacity(below.h, text_style, sheet)) or [()]
    return [Leaf(title, title_style, page, text_style) for page in pages]


def _title_first(
    title: tuple[str, ...], style: Style, panel: Panel, room: Rect, look: Look, sheet: Sheet
) -> list[Leaf]:
    """A title too long to stay above its text is read first, then the text alone."""
    text, text_style = _largest(panel.text, room, look.texts, 1.0, sheet, bold=False)
    heads = shared_out(title, _capacity(room.h, style, sheet))
    tails = shared_out(text, _capacity(room.h, text_style, sheet))
    return [Leaf(head, style, (), text_style) for head in heads] + [
        Leaf((), style, tail, text_style) for tail in tails
    ]


def _largest(
    text: str, room: Rect, sizes: tuple[int, ...], share: float, sheet: Sheet, *, bold: bool
) -> tuple[tuple[str, ...], Style]:
    """Lines at the largest size that fits the share of the room, else at the least size."""
    lines: tuple[str, ...] = ()
    style = sheet.style(sizes[-1], text, bold=bold)
    for size in sizes if text else ():
        style = sheet.style(size, text, bold=bold)
        if len(text) * style.size**2 > 8 * room.w * room.h and size != sizes[-1]:
            continue  # far too long for this size: spare a slow board the measuring
        lines = sheet.lines(text, room.w, style)
        if sheet.block_height(len(lines), style) <= room.h * share:
            break
    return lines, style


def _capacity(height: int, style: Style, sheet: Sheet) -> int:
    return max(1, 1 + (height - sheet.line_height(style)) // sheet.pitch(style))


def words(leaf: Leaf, rect: Rect, look: Look, align: Align, sheet: Sheet) -> list[Words]:
    """The leaf's boxes from the top of `rect` down."""
    found: list[Words] = []
    top = rect.y
    parts = (
        (leaf.title, leaf.title_style, look.title),
        (leaf.text, leaf.text_style, look.text),
    )
    for lines, style, ink in parts:
        if not lines:
            continue
        height = sheet.block_height(len(lines), style)
        box = Rect(rect.x, top, rect.w, height)
        found.append(Words(box, lines, style, ink, look.ground, align, sheet.pitch(style)))
        top += height + sheet.px(_GAP)
    return found
