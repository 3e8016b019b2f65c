"""What frames a message: who speaks and the time, what kind of message it is, the ticker. Pure.

Each function returns its boxes and what is left of the screen for the message.
"""

from __future__ import annotations

from datetime import datetime

from loa_node.screen import words
from loa_node.screen.boxes import (
    Align,
    Block,
    Box,
    Dots,
    Rect,
    Stripes,
    Style,
    TickerBand,
    Triangle,
    Words,
)
from loa_node.screen.look import (
    BLACK,
    BLUE_DEEP,
    GOLD,
    INK,
    LEAST_LABEL,
    SIGNAL,
    WHITE,
    Colour,
    Look,
)
from loa_node.screen.scene import Scene
from loa_node.screen.sheet import Sheet

MARGIN = 76
Part = tuple[str, Style, Colour]
_TICKER = 108


def ticker(scene: Scene, look: Look, sheet: Sheet) -> tuple[TickerBand | None, Rect]:
    whole = sheet.whole
    if not scene.ticker:
        return None, whole
    height = sheet.px(_TICKER)
    band = Rect(0, whole.bottom - height, whole.w, height)
    text = TickerBand(band, scene.ticker, sheet.style(60, scene.ticker), look.band_ink, look.band)
    return text, Rect(0, 0, whole.w, whole.h - height)


def header(
    scene: Scene, look: Look, now: datetime | None, sheet: Sheet, room: Rect
) -> tuple[list[Box], Rect]:
    """Place and unit on the left, the clock on the right, a golden line below."""
    names = [
        (scene.place, sheet.style(52 if scene.unit else 64, scene.place, bold=True), look.band_ink),
        (scene.unit, sheet.style(LEAST_LABEL, scene.unit), look.band_soft),
    ]
    names = [part for part in names if part[0]]
    band, rest = room.split_top(max(sheet.px(150), _height(names, sheet)), 0)
    line, rest = rest.split_top(sheet.px(6), 0)
    boxes: list[Box] = [Block(band, look.band), Block(line, look.line)]
    inner = band.inset(sheet.px(MARGIN), 0)
    inner, right = _clock(now, look, sheet, inner, sheet.digits(112))
    boxes += right
    if scene.level == "priority":
        inner, chip = _chip(words.PRIORITY, sheet, inner)
        boxes.append(chip)
    boxes += _stacked(names, inner, look.band, sheet)
    return boxes, rest


def _clock(
    now: datetime | None, look: Look, sheet: Sheet, inner: Rect, style: Style
) -> tuple[Rect, list[Words]]:
    if now is None:
        return inner, []
    # As wide as the widest time, so that the box stays where it is when the minute turns.
    width = max(sheet.ruler.width(f"{d * 2}:{d * 2}", style) for d in "0123456789")
    height = sheet.line_height(style)
    left, right = inner.split_left(inner.w - width - sheet.px(40), sheet.px(40))
    box = Rect(right.x, inner.y + (inner.h - height) // 2, right.w, height)
    text = (words.clock(now),)
    return left, [Words(box, text, style, look.band_ink, look.band, Align.RIGHT)]


def _chip(text: str, sheet: Sheet, inner: Rect) -> tuple[Rect, Words]:
    style = sheet.style(50, bold=True)
    width = sheet.ruler.width(text, style) + sheet.px(56)
    left, right = inner.split_left(inner.w - width - sheet.px(32), sheet.px(32))
    height = sheet.line_height(style) + sheet.px(8)
    box = Rect(right.x, inner.y + (inner.h - height) // 2, width, height)
    return left, Words(box, (text,), style, INK, GOLD, Align.CENTRE)


def _height(parts: list[Part], sheet: Sheet) -> int:
    return sum(sheet.line_height(style) for _, style, _ in parts)


def _stacked(parts: list[Part], inner: Rect, ground: Colour, sheet: Sheet) -> list[Words]:
    """Lines one below the other, in the middle of the height; a name too long is shortened."""
    top = inner.y + (inner.h - _height(parts, sheet)) // 2
    found = []
    for text, style, ink in parts:
        height = sheet.line_height(style)
        line = sheet.shortened(text, inner.w, style)
        found.append(Words(Rect(inner.x, top, inner.w, height), (line,), style, ink, ground))
        top += height
    return found


def emergency_band(text: str, sheet: Sheet, room: Rect) -> tuple[list[Box], Rect]:
    """The triangle and the word."""
    width = room.w - sheet.px(2 * MARGIN + 200)
    name = sheet.largest(text, width, (106, 94, 80) if " · " in text else (126, 110, 94), bold=True)
    return _alarm_band([(text, name, BLACK)], (BLACK, SIGNAL), sheet, room, sign=True)


def drill_band(text: str, below: str, sheet: Sheet, room: Rect) -> tuple[list[Box], Rect]:
    """The word, and under it that this is not real."""
    width = room.w - sheet.px(2 * MARGIN)
    name = sheet.largest(text, width, (96, 84, 72), bold=True)
    parts = [(text, name, BLUE_DEEP), (below, sheet.style(52, below, bold=True), BLUE_DEEP)]
    return _alarm_band(parts, (BLUE_DEEP, WHITE), sheet, room, sign=False)


def _alarm_band(
    parts: list[Part], colours: tuple[Colour, Colour], sheet: Sheet, room: Rect, *, sign: bool
) -> tuple[list[Box], Rect]:
    ink, ground = colours
    band, rest = room.split_top(max(sheet.px(190), _height(parts, sheet) + sheet.px(24)), 0)
    stripes, rest = rest.split_top(sheet.px(26), 0)
    boxes: list[Box] = [Block(band, ground), Stripes(stripes, ink, ground)]
    inner = band.inset(sheet.px(MARGIN), 0)
    if sign:
        place, inner = inner.split_left(sheet.px(164), sheet.px(36))
        down = (place.h - sheet.px(150)) // 2
        boxes.append(Triangle(place.inset(0, down), ink, ground))
    return [*boxes, *_stacked(parts, inner, ground, sheet)], rest


def footer(
    scene: Scene, look: Look, now: datetime | None, sheet: Sheet, room: Rect
) -> tuple[list[Box], Rect]:
    """Under an alarm or a drill: where this is and what time it is, in one line."""
    height = sheet.px(96)
    rest, band = room.split_top(room.h - height, 0)
    boxes: list[Box] = [Block(band, look.band)]
    inner = band.inset(sheet.px(MARGIN), 0)
    inner, right = _clock(now, look, sheet, inner, sheet.digits(64))
    boxes += right
    style = sheet.style(50, scene.place + scene.unit, bold=True)
    both = f"{scene.place} – {scene.unit}" if scene.place and scene.unit else ""
    name = both if both and sheet.ruler.width(both, style) <= inner.w else scene.place or scene.unit
    parts = [(name, style, look.band_ink)] if name else []
    return [*boxes, *_stacked(parts, inner, look.band, sheet)], rest


def dots(count: int, current: int, look: Look, sheet: Sheet, room: Rect) -> list[Box]:
    """Below the message, when it goes on over the page."""
    if count < 2:
        return []
    height = sheet.px(24)
    box = Rect(room.x, room.bottom - height, room.w, height)
    return [Dots(box, count, current, look.line, look.ground)]
