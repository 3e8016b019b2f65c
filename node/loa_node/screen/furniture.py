"""What frames a message: who speaks and the time, what kind of message it is, the ticker. Pure.

Each function returns its boxes and what is left of the screen for the message.
"""

from __future__ import annotations

from datetime import datetime

from loa_node.screen import look as looks
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
from loa_node.screen.look import LEAST_LABEL, Colour, Look
from loa_node.screen.scene import Scene
from loa_node.screen.sheet import Sheet

MARGIN = 76
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
    band, rest = room.split_top(sheet.px(156), 0)
    line, rest = rest.split_top(sheet.px(6), 0)
    boxes: list[Box] = [Block(band, look.band), Block(line, look.line)]
    inner = band.inset(sheet.px(MARGIN), sheet.px(8))
    inner, right = _clock(now, look, sheet, inner, sheet.style(104, bold=True))
    boxes += right
    if scene.level == "priority":
        inner, chip = _chip(words.PRIORITY, sheet, inner)
        boxes.append(chip)
    boxes += _names(scene, look, sheet, inner)
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
    return left, Words(box, (text,), style, looks.INK, looks.GOLD, Align.CENTRE)


def _names(scene: Scene, look: Look, sheet: Sheet, inner: Rect) -> list[Words]:
    parts = [
        (scene.place, sheet.style(56 if scene.unit else 64, scene.place, bold=True), look.band_ink),
        (scene.unit, sheet.style(LEAST_LABEL, scene.unit), look.band_soft),
    ]
    return stacked([part for part in parts if part[0]], inner, look.band, sheet)


def stacked(
    parts: list[tuple[str, Style, Colour]], inner: Rect, ground: Colour | None, sheet: Sheet
) -> list[Words]:
    """Lines one below the other, in the middle of the height; a name too long is shortened."""
    heights = [sheet.line_height(style) for _, style, _ in parts]
    top = inner.y + (inner.h - sum(heights)) // 2
    found = []
    for (text, style, ink), height in zip(parts, heights, strict=True):
        line = sheet.shortened(text, inner.w, style)
        found.append(Words(Rect(inner.x, top, inner.w, height), (line,), style, ink, ground))
        top += height
    return found


def alarm_band(
    text: str, below: str, ink: Colour, ground: Colour, sheet: Sheet, room: Rect
) -> tuple[list[Box], Rect]:
    """The band that names an alarm (with its triangle) or a drill (with the words below)."""
    band, rest = room.split_top(sheet.px(216), 0)
    stripes, rest = rest.split_top(sheet.px(30), 0)
    boxes: list[Box] = [Block(band, ground), Stripes(stripes, ink, ground)]
    inner = band.inset(sheet.px(MARGIN), sheet.px(14))
    if not below:
        sign, inner = inner.split_left(inner.h, sheet.px(44))
        boxes.append(Triangle(sign.inset(sheet.px(6), sheet.px(6)), ink, ground))
    under = sheet.style(52, bold=True)
    sizes = (112, 96, 84) if below else (150, 130, 110, 92)
    name = sheet.largest(text, inner.w, sizes, bold=True)
    parts = [(text, name, ink), (below, under, ink)]
    return boxes + list(stacked([p for p in parts if p[0]], inner, ground, sheet)), rest


def footer(
    scene: Scene, look: Look, now: datetime | None, sheet: Sheet, room: Rect
) -> tuple[list[Box], Rect]:
    """Under an alarm or a drill: where this is and what time it is, in one line."""
    height = sheet.px(92)
    rest, band = room.split_top(room.h - height, 0)
    boxes: list[Box] = [Block(band, look.band)]
    inner = band.inset(sheet.px(MARGIN), sheet.px(4))
    inner, right = _clock(now, look, sheet, inner, sheet.style(60, bold=True))
    boxes += right
    name = " – ".join(part for part in (scene.place, scene.unit) if part)
    parts = [(name, sheet.style(50, name, bold=True), look.band_ink)] if name else []
    return boxes + list(stacked(parts, inner, look.band, sheet)), rest


def dots(count: int, current: int, look: Look, sheet: Sheet, room: Rect) -> list[Box]:
    """Below the message, when it goes on over the page."""
    if count < 2:
        return []
    height = sheet.px(24)
    box = Rect(room.x, room.bottom - height, room.w, height)
    return [Dots(box, count, current, look.line, look.ground)]
