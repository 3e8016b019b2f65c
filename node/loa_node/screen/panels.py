"""One language's title and text on its share of the screen, in as many leaves as it takes. Pure.

A short text is set large. A long one is set at the least size that is read at ten metres and
goes on over the leaf: nothing is cut off, nothing shrinks below what can be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest

from loa_node.screen.boxes import Align, Rect, Style, Words
from loa_node.screen.look import Look
from loa_node.screen.scene import Panel
from loa_node.screen.sheet import Sheet
from loa_node.screen.writing import shared_out

_TITLE_SHARE = 0.6  # of the height, at most, on pages where its text goes on
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
    leaf = _set(panel, room, look, sheet, (look.titles[-1], look.texts[-1]))
    for sizes in zip_longest(look.titles, look.texts, fillvalue=look.texts[-1]):
        # Far too long for this size: spare a slow board the measuring.
        if len(panel.text) * sheet.px(sizes[1]) ** 2 > 6 * room.w * room.h:
            continue
        tried = _set(panel, room, look, sheet, sizes)
        if tried.height(sheet) <= room.h:
            return [tried]
    return _paged(leaf, room, sheet)


def _set(panel: Panel, room: Rect, look: Look, sheet: Sheet, sizes: tuple[int, int]) -> Leaf:
    """All of it at these sizes, however high it becomes."""
    title_style = sheet.style(sizes[0], panel.title, bold=True)
    text_style = sheet.style(sizes[1], panel.text, bold=look.bold)
    return Leaf(
        sheet.balanced(panel.title, room.w, title_style),
        title_style,
        sheet.lines(panel.text, room.w, text_style),
        text_style,
    )


def _paged(leaf: Leaf, room: Rect, sheet: Sheet) -> list[Leaf]:
    above = sheet.block_height(len(leaf.title), leaf.title_style) + sheet.px(_GAP)
    left = room.h - above
    if leaf.text and above <= room.h * _TITLE_SHARE and left >= sheet.line_height(leaf.text_style):
        pages = shared_out(leaf.text, _capacity(left, leaf.text_style, sheet))
        return [replace(leaf, text=page) for page in pages]
    # A title too long to stay above its text is read first, then the text alone.
    heads = shared_out(leaf.title, _capacity(room.h, leaf.title_style, sheet))
    tails = shared_out(leaf.text, _capacity(room.h, leaf.text_style, sheet))
    return [replace(leaf, title=head, text=()) for head in heads] + [
        replace(leaf, title=(), text=tail) for tail in tails
    ]


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
