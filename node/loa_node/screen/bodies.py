"""How a scene's languages and pictures share the middle of the screen, turn by turn. Pure.

One language takes the whole width, with its pictures beside it where the screen is wide enough.
Two stand side by side (one above the other on 4:3); more take turns, two at a time. Pictures that
find no place beside the text get turns of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

from loa_node.screen.boxes import Align, Block, Box, Picture, Rect
from loa_node.screen.look import Look
from loa_node.screen.panels import Leaf, leaves, words
from loa_node.screen.scene import Panel, Scene
from loa_node.screen.sheet import Sheet

DOTS = 44  # the line below that says which page this is
_LEAST_BESIDE = 860  # a column narrower than this beside a picture holds too few words
_GAP = 64
_PICTURE_SECONDS = 12
_TO_FIND_ONESELF = 4
_LETTERS_A_SECOND = 12  # a slow reader; people read one language of those shown


@dataclass(frozen=True, slots=True)
class Turn:
    boxes: tuple[Box, ...]
    seconds: int


def bodies(scene: Scene, body: Rect, look: Look, sheet: Sheet, *, centred: bool) -> list[Turn]:
    """At least one turn; all words and all pictures are on some turn."""
    room = replace(body, h=body.h - sheet.px(DOTS))
    if len(scene.panels) == 1 and scene.images and sheet.wide:
        left, right = room.split_left(room.w * 55 // 100, sheet.px(_GAP))
        if left.w >= sheet.px(_LEAST_BESIDE):
            return _beside(scene, left, right, look, sheet)
    groups = [scene.panels[i : i + 2] for i in range(0, len(scene.panels), 2)]
    turns = [turn for group in groups for turn in _soonest(group, room, look, sheet, centred)]
    turns += [Turn((Picture(room, path, look.ground),), _PICTURE_SECONDS) for path in scene.images]
    return turns or [Turn((), 60)]


def _beside(scene: Scene, left: Rect, right: Rect, look: Look, sheet: Sheet) -> list[Turn]:
    pages = leaves(scene.panels[0], left, look, sheet)
    block = _lowered(left, pages, sheet)
    turns = max(len(pages), len(scene.images))
    return [
        Turn(
            (
                *words(pages[i % len(pages)], block, look, Align.LEFT, sheet),
                Picture(right, scene.images[i % len(scene.images)], look.ground),
            ),
            max(_seconds([pages[i % len(pages)]]), _PICTURE_SECONDS),
        )
        for i in range(turns)
    ]


def _soonest(
    panels: tuple[Panel, ...],
    room: Rect,
    look: Look,
    sheet: Sheet,
    centred: bool,  # noqa: FBT001
) -> list[Turn]:
    """Together, unless one after the other takes fewer turns: a line a page is no panel."""
    together = _group(panels, room, look, sheet, centred=centred)
    if len(together) <= len(panels):
        return together
    ways = (_group((panel,), room, look, sheet, centred=centred) for panel in panels)
    apart = [turn for way in ways for turn in way]
    return apart if len(apart) < len(together) else together


def _group(
    panels: tuple[Panel, ...], room: Rect, look: Look, sheet: Sheet, *, centred: bool
) -> list[Turn]:
    rooms, between = _rooms(len(panels), room, look, sheet)
    shares = [leaves(panel, part, look, sheet) for panel, part in zip(panels, rooms, strict=True)]
    # Columns start at one height; so do all pages of one text.
    blocks = (
        [_lowered(part, [*chain(*shares)], sheet) for part in rooms]
        if sheet.wide
        else [_lowered(part, share, sheet) for part, share in zip(rooms, shares, strict=True)]
    )
    lone = len(panels) == 1 and len(shares[0]) == 1 and centred
    align = Align.CENTRE if lone else Align.LEFT
    if lone:
        style = shares[0][0].text_style
        text = sheet.balanced(panels[0].text, rooms[0].w, style)
        shares = [[replace(shares[0][0], text=text)]]
    turns = []
    for i in range(max(len(share) for share in shares)):
        now = [share[i % len(share)] for share in shares]
        boxes = chain(
            *(
                words(leaf, block, look, align, sheet)
                for leaf, block in zip(now, blocks, strict=True)
            )
        )
        turns.append(Turn((*between, *boxes), _seconds(now)))
    return turns


def _rooms(count: int, room: Rect, look: Look, sheet: Sheet) -> tuple[list[Rect], list[Box]]:
    """Each language's part of the room, and the line between the parts."""
    if count == 1:
        return [room], []
    gap, thin = sheet.px(_GAP), sheet.px(5)
    if sheet.wide:
        one, two = room.split_left((room.w - gap) // 2, gap)
        line = Rect(one.right + (gap - thin) // 2, room.y, thin, room.h)
    else:
        one, two = room.split_top((room.h - gap) // 2, gap)
        line = Rect(room.x, one.bottom + (gap - thin) // 2, room.w, thin)
    return [one, two], [Block(line, look.line)]


def _lowered(room: Rect, pages: list[Leaf], sheet: Sheet) -> Rect:
    """The room from where the tallest page must start to stand in the middle of it."""
    free = max(0, room.h - max(leaf.height(sheet) for leaf in pages)) // 2
    return Rect(room.x, room.y + free, room.w, room.h - free)


def _seconds(leaves_now: list[Leaf]) -> int:
    return _TO_FIND_ONESELF + max(leaf.letters() for leaf in leaves_now) // _LETTERS_A_SECOND
