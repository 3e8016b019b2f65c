"""Golden pictures: every kind of scene at every size looks as it did when somebody looked at it.

The pictures in golden/ are kept at a third of their size, which evens out how a version of
FreeType places a stroke; what remains is allowed NOISE. After a change that is meant:

    PYTHONPATH=tests:node .loa/venv/bin/python tests/contracts/test_screen_pictures.py

makes them anew. Look at each one that changed before it is committed.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray

from fakes.scenes import VI, a_scene
from fakes.walls import SIZES, WALLS
from loa_node import fonts
from loa_node.config import NodeConfig
from loa_node.screen.layout import pages
from loa_node.screen.paint import Painter
from loa_node.screen.sheet import Sheet
from loa_node.screen.ticker import Ticker
from loa_node.screen.typeface import Typeface
from loa_node.screen.words import VIETNAM

pytestmark = pytest.mark.parts

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 23, 16, 45, tzinfo=VIETNAM)
SMALLER = 3
CELL = 8  # pixels of a golden picture that are judged together
NOISE = 22.0  # of 255: how far the mean of a cell may be from what it was
Pixels = NDArray[np.float64]


def canvas_of(changes: dict[str, object], size: tuple[int, int], *, last: bool) -> pygame.Surface:
    """The first page of a scene, or its last: where there are several they are not alike."""
    pygame.font.init()
    typeface = Typeface(fonts.folder(NodeConfig()))
    scene = a_scene(**changes)
    page = pages(scene, Sheet(*size, typeface), NOW if scene.clock_ok else None)[-1 if last else 0]
    canvas = pygame.Surface(size, 0, 32)
    Painter(canvas, typeface).paint(page)
    if page.ticker:
        Ticker(page.ticker, typeface).draw(canvas, 4000)
    return canvas


def smaller(canvas: pygame.Surface) -> pygame.Surface:
    wide, high = canvas.get_size()
    return pygame.transform.smoothscale(canvas, (wide // SMALLER, high // SMALLER))


def painted(changes: dict[str, object], size: tuple[int, int], *, last: bool) -> pygame.Surface:
    return smaller(canvas_of(changes, size, last=last))


def pixels(picture: pygame.Surface) -> Pixels:
    return pygame.surfarray.array3d(picture).astype(np.float64)


def difference(one: Pixels, two: Pixels) -> float:
    """Of the cell that differs most, so that a small lost thing is not lost in a large picture."""
    assert one.shape == two.shape
    wide, high = (n // CELL * CELL for n in one.shape[:2])
    apart = np.abs(one[:wide, :high].mean(axis=2) - two[:wide, :high].mean(axis=2))
    cells = apart.reshape(wide // CELL, CELL, high // CELL, CELL).mean(axis=(1, 3))
    return float(cells.max())


def golden(name: str, size: tuple[int, int]) -> Path:
    return GOLDEN / f"{name}-{size[0]}x{size[1]}.png"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", WALLS)
def test_it_looks_as_it_did_when_somebody_looked(name: str, size: tuple[int, int]) -> None:
    kept = pygame.image.load(golden(name, size))

    now = painted(WALLS[name], size, last=name == "answer")

    assert difference(pixels(now), pixels(kept)) <= NOISE


@pytest.mark.parametrize(
    "changes",
    [
        {"text": {"vi": VI.replace("7 giờ 30", "9 giờ 30")}},
        {"text": {"vi": VI.replace("sởi", "sơi")}},
        {"place": "Ấp 4, xã Tân Quan"},
        {"level": "priority"},
        {"kind": "drill"},
        {"clock_ok": False},
    ],
)
def test_one_changed_letter_is_no_noise(changes: dict[str, object]) -> None:
    size = SIZES[0]
    kept = pygame.image.load(golden("text", size))

    assert difference(pixels(painted(changes, size, last=False)), pixels(kept)) > NOISE


def test_a_stroke_half_a_pixel_aside_is_noise() -> None:
    """What another version of FreeType, or another hinting, does to a letter."""
    whole, small = (canvas_of({}, SIZES[0], last=False) for _ in range(2))
    small.set_alpha(128)
    aside = whole.copy()
    aside.blit(small, (1, 0))

    apart = difference(pixels(smaller(aside)), pixels(smaller(whole)))

    assert 0 < apart <= NOISE


def test_no_golden_picture_is_of_a_scene_that_is_no_more() -> None:
    assert {path.name for path in GOLDEN.glob("*.png")} == {
        golden(name, size).name for name in WALLS for size in SIZES
    }


def make_anew() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, changes in WALLS.items():
        for size in SIZES:
            picture = painted(changes, size, last=name == "answer")
            path = golden(name, size)
            same = path.exists() and not difference(
                pixels(picture), pixels(pygame.image.load(path))
            )
            if not same:
                pygame.image.save(picture, path)
                sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    make_anew()
