"""A scene and a screen size become pages of boxes. Pure: the same in a test and on the wall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from loa_node.screen import answer, furniture, words
from loa_node.screen import look as looks
from loa_node.screen.bodies import bodies
from loa_node.screen.boxes import Box, Page, Rect, TickerBand
from loa_node.screen.claim import claim, has_code
from loa_node.screen.idle import idle
from loa_node.screen.look import Look
from loa_node.screen.scene import Kind, Scene
from loa_node.screen.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Frame:
    """What stays while the pages turn."""

    look: Look
    boxes: tuple[Box, ...]
    body: Rect
    ticker: TickerBand | None


def pages(scene: Scene, sheet: Sheet, now: datetime | None) -> tuple[Page, ...]:
    """At least one. `now` is local time, None while the node may not trust its clock."""
    if scene.kind is Kind.DARK:
        return (Page(looks.DARK, (), seconds=60),)
    if scene.kind is Kind.IDLE:
        return (idle(scene, sheet, now),)
    if has_code(scene):
        return (claim(scene, sheet),)
    frame = _frame(scene, sheet, now)
    centred = scene.kind is not Kind.BULLETIN
    turns = bodies(scene, frame.body, frame.look, sheet, centred=centred)
    if scene.qr and scene.kind is Kind.BULLETIN and (scene.panels or scene.images):
        turns.append(answer.turn(scene.qr, frame.body, frame.look, sheet))
    return tuple(
        Page(
            ground=frame.look.ground,
            boxes=(
                *frame.boxes,
                *turn.boxes,
                *furniture.dots(len(turns), number, frame.look, sheet, frame.body),
            ),
            seconds=max(scene.seconds, turn.seconds),
            ticker=frame.ticker,
        )
        for number, turn in enumerate(turns)
    )


def _frame(scene: Scene, sheet: Sheet, now: datetime | None) -> Frame:
    look = _look(scene.kind)
    ticker, room = furniture.ticker(scene, look, sheet)
    languages = tuple(panel.language for panel in scene.panels)
    boxes: list[Box] = []
    if scene.kind is Kind.EMERGENCY:
        name = words.alarm(words.EMERGENCY, languages)
        boxes, room = furniture.emergency_band(name, sheet, room)
    elif scene.kind is Kind.DRILL:
        name = words.alarm(words.DRILL, languages)
        boxes, room = furniture.drill_band(name, words.NOT_REAL, sheet, room)
    edge = furniture.footer if boxes else furniture.header
    more, room = edge(scene, look, now, sheet, room)
    body = room.inset(sheet.px(furniture.MARGIN), sheet.px(30))
    return Frame(look, (*boxes, *more), body, ticker)


def _look(kind: Kind) -> Look:
    match kind:
        case Kind.EMERGENCY:
            return looks.EMERGENCY
        case Kind.DRILL:
            return looks.DRILL
        case Kind.CLAIM:
            return looks.CLAIM
        case Kind.MESSAGE:
            return looks.MESSAGE
        case Kind.BULLETIN | Kind.IDLE | Kind.DARK:
            return looks.BULLETIN
        case _:
            assert_never(kind)
