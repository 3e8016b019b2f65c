"""What a page is made of: boxes with a place on the screen and what to put there. Pure values.

The same boxes are what the tests measure, what the painter paints and what is compared to find
the parts of the screen that changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from loa_node.screen.look import Colour


@dataclass(frozen=True, slots=True)
class Rect:
    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    def inset(self, across: int, down: int) -> Rect:
        return Rect(self.x + across, self.y + down, self.w - 2 * across, self.h - 2 * down)

    def holds(self, other: Rect) -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def meets(self, other: Rect) -> bool:
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def around(self, other: Rect) -> Rect:
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def split_left(self, width: int, gap: int) -> tuple[Rect, Rect]:
        rest = width + gap
        return (
            Rect(self.x, self.y, width, self.h),
            Rect(self.x + rest, self.y, self.w - rest, self.h),
        )

    def split_top(self, height: int, gap: int) -> tuple[Rect, Rect]:
        rest = height + gap
        return (
            Rect(self.x, self.y, self.w, height),
            Rect(self.x, self.y + rest, self.w, self.h - rest),
        )


class Reach(StrEnum):
    """How far above and below the baseline the letters of a line go."""

    LETTERS = "letters"
    KHMER = "khmer"  # subscripts hang deep
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class Style:
    size: int  # pixels of the em
    bold: bool = False
    reach: Reach = Reach.LETTERS


class Ruler(Protocol):
    """How large text would be drawn; the same fonts that draw it answer."""

    def width(self, text: str, style: Style) -> int: ...

    def height(self, style: Style) -> int:
        """From the highest accent to the deepest stroke of a line's letters."""
        ...


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Words:
    rect: Rect
    lines: tuple[str, ...]
    style: Style
    ink: Colour
    ground: Colour | None  # None where a landscape shows through
    align: Align = Align.LEFT
    pitch: int = 0  # from one baseline to the next


@dataclass(frozen=True, slots=True)
class Picture:
    rect: Rect
    path: str
    ground: Colour


@dataclass(frozen=True, slots=True)
class Block:
    """A plain colour: a header, a line between two languages."""

    rect: Rect
    ground: Colour


@dataclass(frozen=True, slots=True)
class Stripes:
    """Slanted bars, the sign of danger or of a drill."""

    rect: Rect
    ink: Colour
    ground: Colour


@dataclass(frozen=True, slots=True)
class Triangle:
    """The sign of an alarm, told even by who cannot read."""

    rect: Rect
    ink: Colour
    ground: Colour


@dataclass(frozen=True, slots=True)
class Dots:
    """Which page of how many, from 0; a single hollow dot says the district is out of reach."""

    rect: Rect
    count: int
    current: int
    ink: Colour
    ground: Colour | None


@dataclass(frozen=True, slots=True)
class Modules:
    """A QR code: a row of modules is a text of 1 (dark) and 0; the painter adds nothing to it."""

    rect: Rect
    rows: tuple[str, ...]
    ink: Colour
    ground: Colour


@dataclass(frozen=True, slots=True)
class Landscape:
    """The idle picture: hills at this hour, and the moon of this lunar day."""

    rect: Rect
    hour: int  # -1 when the time is not known
    lunar_day: int  # 0 when the day is not known


Box = Words | Picture | Block | Stripes | Triangle | Dots | Modules | Landscape


@dataclass(frozen=True, slots=True)
class TickerBand:
    rect: Rect
    text: str
    style: Style
    ink: Colour
    ground: Colour


@dataclass(frozen=True, slots=True)
class Page:
    """Boxes in the order they are painted, and how long people need to read them."""

    ground: Colour
    boxes: tuple[Box, ...]
    seconds: int
    ticker: TickerBand | None = None

    def written(self) -> list[Words]:
        return [box for box in self.boxes if isinstance(box, Words)]
