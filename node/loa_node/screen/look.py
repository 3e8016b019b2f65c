"""Colours and sizes. Each kind of scene is told from the others by colour, shape and word.

Sizes are in thousand-and-eightieths of the screen's height (1 on a 1080-line screen). The rule
for reading at ten metres: no message is set smaller than 1/16 of the height. On a 43-inch screen
(535 mm high) its capitals are then 24 mm tall, 8 minutes of arc at ten metres; a good eye needs 5.
What helps but is no message (place, unit, page number) is never below 1/24.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Colour = tuple[int, int, int]

LEAST_MESSAGE = 68
LEAST_LABEL = 46

INK: Colour = (22, 34, 30)
PAPER: Colour = (253, 249, 239)
FOREST: Colour = (11, 74, 60)
FOREST_DEEP: Colour = (7, 50, 42)
GOLD: Colour = (233, 176, 52)
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (16, 16, 16)
DARK: Colour = (0, 0, 0)  # what a screen makes no light for
RED: Colour = (176, 12, 24)
RED_DEEP: Colour = (122, 4, 14)
SIGNAL: Colour = (255, 209, 0)
BLUE: Colour = (16, 68, 150)
BLUE_DEEP: Colour = (8, 42, 102)
SKY: Colour = (205, 226, 255)


@dataclass(frozen=True, slots=True)
class Look:
    ground: Colour
    title: Colour
    text: Colour
    band: Colour  # header or footer: place and clock
    band_ink: Colour
    band_soft: Colour  # the unit, less loud than the place
    line: Colour  # thin lines, page dots
    titles: tuple[int, ...]  # sizes tried for a title, largest first; never fewer steps than texts
    texts: tuple[int, ...]  # goes down together with the title
    bold: bool = False  # the text too


BULLETIN = Look(
    ground=PAPER,
    title=FOREST,
    text=INK,
    band=FOREST,
    band_ink=WHITE,
    band_soft=(196, 224, 211),
    line=GOLD,
    titles=(128, 112, 96, 84, 72),
    texts=(104, 92, 82, 74, LEAST_MESSAGE),
)
EMERGENCY = Look(
    ground=RED,
    title=WHITE,
    text=WHITE,
    band=RED_DEEP,
    band_ink=WHITE,
    band_soft=(255, 221, 214),
    line=SIGNAL,
    titles=(150, 130, 112, 94, 74),
    texts=(116, 100, 88, 78, 72),
)
DRILL = Look(
    ground=BLUE,
    title=WHITE,
    text=WHITE,
    band=BLUE_DEEP,
    band_ink=WHITE,
    band_soft=SKY,
    line=SKY,
    titles=(140, 120, 104, 88, 76),
    texts=(108, 94, 84, 76, 70),
)
MESSAGE = Look(
    ground=FOREST,
    title=WHITE,
    text=WHITE,
    band=FOREST_DEEP,
    band_ink=WHITE,
    band_soft=(196, 224, 211),
    line=GOLD,
    titles=(140, 120, 104, 88, 76),
    texts=(110, 96, 84, 76, 70),
)

# A claim's text is a code to be read across a room and typed: as large as it goes.
CLAIM = replace(
    MESSAGE, titles=(90, 86, 84, 82, 80), texts=(300, 260, 220, 180, 150, 120, 96), bold=True
)
