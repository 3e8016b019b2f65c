"""Answering back: a page after a bulletin's own, a small code beside the clock at rest. Pure.

Not beside the text: a phone must come near to read a code, and the text is for those who stand
far. Never on an alarm or a drill, whose one message is what to do now.
"""

from __future__ import annotations

from loa_node.screen import words
from loa_node.screen.bodies import DOTS, Turn
from loa_node.screen.boxes import Align, Modules, Rect, Words
from loa_node.screen.look import BLACK, LEAST_LABEL, WHITE, Look
from loa_node.screen.panels import leaves
from loa_node.screen.panels import words as written
from loa_node.screen.qr import modules
from loa_node.screen.scene import Panel
from loa_node.screen.sheet import Sheet

_TO_TAKE_OUT_A_PHONE = 25
_GAP = 72
_CORNER = 230


def turn(address: str, body: Rect, look: Look, sheet: Sheet) -> Turn:
    """The question and how to answer it; the code as large as the page allows."""
    room = Rect(body.x, body.y, body.w, body.h - sheet.px(DOTS))
    side = min(room.h, room.w * 45 // 100)
    left, square = room.split_left(room.w - side - sheet.px(_GAP), sheet.px(_GAP))
    said = leaves(Panel("vi", words.ANSWER, words.ANSWER_HOW), left, look, sheet)[0]
    free = max(0, left.h - said.height(sheet)) // 2
    block = Rect(left.x, left.y + free, left.w, left.h - free)
    place = Rect(square.x, square.y + (square.h - side) // 2, side, side)
    boxes = written(said, block, look, Align.LEFT, sheet)
    return Turn((*boxes, Modules(place, modules(address), BLACK, WHITE)), _TO_TAKE_OUT_A_PHONE)


def corner(address: str, inner: Rect, sheet: Sheet) -> tuple[Rect, list[Modules | Words]]:
    """At the right foot of the resting picture; what is left of its width for the names."""
    style = sheet.style(LEAST_LABEL, words.ANSWER_SHORT)
    rows = modules(address)
    side = max(1, sheet.px(_CORNER) // len(rows)) * len(rows)  # whole pixels, no rim
    high = sheet.line_height(style)
    wide = max(side, sheet.ruler.width(words.ANSWER_SHORT, style))
    left, _ = inner.split_left(inner.w - wide - sheet.px(_GAP), 0)
    x = inner.right - wide
    label = Rect(x, inner.bottom - high, wide, high)
    code = Rect(inner.right - side, label.y - sheet.px(10) - side, side, side)
    return left, [
        Modules(code, rows, BLACK, WHITE),
        Words(label, (words.ANSWER_SHORT,), style, WHITE, None, Align.RIGHT),
    ]
