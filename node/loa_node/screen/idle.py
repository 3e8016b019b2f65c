"""When nothing is to be said: the time, the date by both calendars, and where this is. Pure."""

from __future__ import annotations

from datetime import datetime

from loa_node.screen import answer, words
from loa_node.screen.boxes import Box, Dots, Landscape, Page, Rect, Style, Words
from loa_node.screen.furniture import ticker
from loa_node.screen.look import FOREST_DEEP, LEAST_LABEL, MESSAGE, WHITE, Colour
from loa_node.screen.lunar import lunar
from loa_node.screen.scene import Scene
from loa_node.screen.sheet import Sheet

_MARGIN = 116
_SOFT: Colour = (226, 240, 233)
_SIZES = (84, 76, 68, 60, 52, LEAST_LABEL)

Part = tuple[str, Style]


def idle(scene: Scene, sheet: Sheet, now: datetime | None) -> Page:
    band, room = ticker(scene, MESSAGE, sheet)
    inner = room.inset(sheet.px(_MARGIN), sheet.px(64))
    mark = sheet.px(30)
    boxes: list[Box] = [_landscape(room, now)]
    if now is not None:
        boxes += _time(inner, sheet, now)
    foot = inner
    if scene.qr:
        foot, code = answer.corner(scene.qr, inner, sheet)
        boxes += code
    boxes += _names(scene, inner if now is None else foot, sheet, alone=now is None)
    if not scene.online:
        spot = Rect(room.right - 2 * mark, room.bottom - 2 * mark, mark, mark)
        boxes.append(Dots(spot, 1, -1, _SOFT, None))
    return Page(FOREST_DEEP, tuple(boxes), seconds=60, ticker=band)


def _landscape(room: Rect, now: datetime | None) -> Landscape:
    if now is None:
        return Landscape(room, hour=-1, lunar_day=0)
    return Landscape(room, now.hour, lunar(now.date()).day)


def _time(inner: Rect, sheet: Sheet, now: datetime) -> list[Words]:
    clock = sheet.digits(310)
    height = sheet.line_height(clock)
    time, below = inner.split_top(height, sheet.px(10))
    date = f"{words.weekday(now)}, {words.calendar(now)}"
    moon = f"Âm lịch: {words.lunar_words(now)}"
    parts = [
        (date, sheet.largest(date, below.w, _SIZES, bold=True)),
        (moon, sheet.largest(moon, below.w, _SIZES[2:], bold=False)),
    ]
    return [
        Words(time, (words.clock(now),), clock, WHITE, None),
        *_column(parts, below.y, inner, sheet),
    ]


def _names(scene: Scene, inner: Rect, sheet: Sheet, *, alone: bool) -> list[Words]:
    """At the foot of the hills; in the sky when there is no time to tell."""
    sizes = (150, 130, 110, *_SIZES) if alone else (92, *_SIZES)
    below = (72, 64, 56, LEAST_LABEL) if alone else (56, LEAST_LABEL)
    parts = [
        (scene.place, sheet.largest(scene.place, inner.w, sizes, bold=True)),
        (scene.unit, sheet.largest(scene.unit, inner.w, below, bold=False)),
    ]
    parts = [part for part in parts if part[0]]
    height = sum(sheet.line_height(style) for _, style in parts)
    top = inner.y + inner.h // 8 if alone else inner.bottom - height
    return _column(parts, top, inner, sheet)


def _column(parts: list[Part], top: int, inner: Rect, sheet: Sheet) -> list[Words]:
    found = []
    for text, style in parts:
        height = sheet.line_height(style)
        line = sheet.shortened(text, inner.w, style)
        ink = WHITE if style.bold else _SOFT
        found.append(Words(Rect(inner.x, top, inner.w, height), (line,), style, ink, None))
        top += height
    return found
