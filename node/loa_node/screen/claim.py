"""A card without a place: the code that names its key, where to type it, and the same for a phone.

The first line of the text is the code, the others are sentences. The code comes before everything
else: it is as large as the screen allows, in groups of four.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from loa_node.screen.boxes import Align, Block, Box, Modules, Page, Rect, Style, Words
from loa_node.screen.look import BLACK, CLAIM, GOLD, LEAST_LABEL, LEAST_MESSAGE, WHITE
from loa_node.screen.qr import modules
from loa_node.screen.scene import Kind, Scene
from loa_node.screen.sheet import Sheet

_MARGIN = 76
_GAP = 40
_QR_SHARE = 46  # hundredths of the screen's height
_TITLES = (92, 84, 76, 70)
_SENTENCES = (80, 74, LEAST_MESSAGE, 60, 52, LEAST_LABEL)
_A_MINUTE = 60
_CODE = re.compile(r"[0-9A-Z]{4}( [0-9A-Z]{4}){3}")
Span = tuple[tuple[str, ...], Style]


@dataclass(frozen=True, slots=True)
class _Parts:
    title: str
    code: tuple[str, ...]  # its groups
    sentences: tuple[str, ...]


def has_code(scene: Scene) -> bool:
    """Whether this page is for it: anything else is laid out as any other message."""
    if scene.kind is not Kind.CLAIM or len(scene.panels) != 1 or scene.images or scene.ticker:
        return False
    return _CODE.fullmatch(scene.panels[0].text.partition("\n")[0]) is not None


def claim(scene: Scene, sheet: Sheet) -> Page:
    """One page, and never a second: who installs a card must not wait for a page to turn."""
    parts = _parts(scene)
    room = sheet.whole.inset(sheet.px(_MARGIN), sheet.px(48))
    title = _fitted(parts.title, room.w, _TITLES, sheet, bold=True, lines=2)
    head, room = room.split_top(sheet.block_height(len(title[0]), title[1]), sheet.px(_GAP))
    boxes: list[Box] = [_box(title, head, sheet, Align.LEFT)]
    foot = _foot(parts.sentences, room, sheet)
    rest, _ = room.split_top(room.h - _height(foot, sheet) - sheet.px(_GAP), 0)
    middle, line = rest.split_top(rest.h - sheet.px(6), 0)
    boxes.append(Block(Rect(line.x, line.bottom - sheet.px(6), line.w, sheet.px(6)), GOLD))
    boxes += _middle(parts.code, scene.qr, middle, sheet)
    top = room.bottom - _height(foot, sheet)
    for span in foot:
        height = sheet.block_height(len(span[0]), span[1])
        boxes.append(_box(span, Rect(room.x, top, room.w, height), sheet, Align.LEFT))
        top += height
    return Page(CLAIM.ground, tuple(boxes), _A_MINUTE)


def _parts(scene: Scene) -> _Parts:
    panel = scene.panels[0]
    code, *sentences = panel.text.split("\n")
    return _Parts(panel.title, tuple(code.split()) or ("",), tuple(s for s in sentences if s))


def _middle(code: tuple[str, ...], qr: str, room: Rect, sheet: Sheet) -> list[Box]:
    """The code, and beside it the picture for a phone."""
    if not qr:
        return [_code(code, room, sheet)]
    gap = sheet.px(_GAP)
    side = min(room.h, sheet.height * _QR_SHARE // 100, room.w * _QR_SHARE // 130)
    words, square = room.split_left(room.w - side - gap, gap)
    place = Rect(square.x, square.y + (square.h - side) // 2, side, side)
    return [_code(code, words, sheet), Modules(place, modules(qr), BLACK, WHITE)]


def _code(code: tuple[str, ...], room: Rect, sheet: Sheet) -> Words:
    """In one, two or four lines: whichever allows the largest letters."""
    ways = [
        tuple(" ".join(code[n : n + a_line]) for n in range(0, len(code), a_line))
        for a_line in (4, 2, 1)
    ]
    lines, style = max(
        ((way, _largest(way, room, sheet)) for way in ways), key=lambda found: found[1].size
    )
    height = min(room.h, _code_height(len(lines), style, sheet))
    box = Rect(room.x, room.y + (room.h - height) // 2, room.w, height)
    return Words(box, lines, style, GOLD, CLAIM.ground, Align.CENTRE, _pitch(style, sheet))


def _largest(lines: tuple[str, ...], room: Rect, sheet: Sheet) -> Style:
    for units in range(400, 40, -4):
        style = sheet.digits(units)
        wide = max(sheet.ruler.width(line, style) for line in lines)
        tail = style.size // 3  # of a Q: half of it stands free below
        if wide <= room.w and _code_height(len(lines), style, sheet) + tail <= room.h:
            return style
    return sheet.digits(40)


def _pitch(style: Style, sheet: Sheet) -> int:
    return round(sheet.line_height(style) * 1.25)


def _code_height(count: int, style: Style, sheet: Sheet) -> int:
    return (count - 1) * _pitch(style, sheet) + sheet.line_height(style)


def _foot(sentences: tuple[str, ...], room: Rect, sheet: Sheet) -> list[Span]:
    """Each on a line of its own where it can be; an address may be smaller than a message, the
    QR code says it too. What finds no room is the last sentence's loss: the code keeps its own."""
    found = [_fitted(text, room.w, _SENTENCES, sheet, lines=1) for text in sentences]
    while found and _height(found, sheet) > room.h * 45 // 100:
        found.pop()
    return found


def _height(spans: list[Span], sheet: Sheet) -> int:
    return sum(sheet.block_height(len(lines), style) for lines, style in spans)


def _fitted(
    text: str, width: int, units: tuple[int, ...], sheet: Sheet, *, bold: bool = False, lines: int
) -> Span:
    """The largest of these sizes at which it takes so many lines; else two of the smallest."""
    styles = [sheet.style(size, text, bold=bold) for size in units]
    tried = ((sheet.lines(text, width, style), style) for style in styles)
    fits = next((span for span in tried if len(span[0]) <= lines), None)
    return fits or (sheet.lines(text, width, styles[-1])[:2], styles[-1])


def _box(span: Span, rect: Rect, sheet: Sheet, align: Align) -> Words:
    lines, style = span
    return Words(rect, lines, style, WHITE, CLAIM.ground, align, sheet.pitch(style))
