"""Boxes become pixels. Each box covers its own ground, so one that changed is painted alone."""

from __future__ import annotations

from typing import assert_never

import pygame

from loa_node.screen import landscape, picture
from loa_node.screen.boxes import (
    Align,
    Block,
    Box,
    Dots,
    Landscape,
    Modules,
    Page,
    Picture,
    Rect,
    Stripes,
    Triangle,
    Words,
)
from loa_node.screen.typeface import Typeface


class Painter:
    def __init__(self, canvas: pygame.Surface, typeface: Typeface) -> None:
        self.canvas = canvas
        self._typeface = typeface

    def paint(self, page: Page) -> None:
        self.canvas.fill(page.ground)
        if page.ticker:
            self.canvas.fill(page.ticker.ground, area(page.ticker.rect))
        for box in page.boxes:
            self._paint(box)

    def repaint(self, old: Page, new: Page) -> list[Rect]:
        """Paints what differs; returns where. All of it if the pages are not alike."""
        whole = Rect(0, 0, *self.canvas.get_size())
        gone, come = set(old.boxes) - set(new.boxes), set(new.boxes) - set(old.boxes)
        scenery = any(isinstance(box, Landscape) for box in new.boxes)
        if scenery or len(gone) != len(come) or {b.rect for b in gone} != {b.rect for b in come}:
            self.paint(new)
            return [whole] if come or gone else []
        for box in come:
            self._paint(box)
        return [box.rect for box in come]

    def _paint(self, box: Box) -> None:
        match box:
            case Words():
                self._words(box)
            case Picture():
                self._picture(box)
            case Triangle():
                self._triangle(box)
            case Block(rect, ground):
                self.canvas.fill(ground, area(rect))
            case Landscape():
                landscape.paint(self.canvas, box)
            case _:
                _draw(self.canvas, box)

    def _words(self, box: Words) -> None:
        if box.ground is not None:
            self.canvas.fill(box.ground, area(box.rect))
        top = box.rect.y + (0 if box.pitch else self._spare(box) // 2)
        for line in box.lines:
            free = box.rect.w - self._typeface.width(line, box.style)
            left = {Align.LEFT: 0, Align.CENTRE: free // 2, Align.RIGHT: free}[box.align]
            self._typeface.draw(self.canvas, line, (box.rect.x + left, top), box.style, box.ink)
            top += box.pitch

    def _spare(self, box: Words) -> int:
        return box.rect.h - self._typeface.height(box.style)

    def _picture(self, box: Picture) -> None:
        self.canvas.fill(box.ground, area(box.rect))
        loaded = picture.load(box.path)
        if loaded is None:
            return
        size = picture.fitted(loaded.get_size(), (box.rect.w, box.rect.h))
        # smoothscale wants 24 or 32 bits; a PNG may have a palette.
        deep = loaded if loaded.get_bitsize() >= 24 else loaded.convert(32)
        x = box.rect.x + (box.rect.w - size[0]) // 2
        y = box.rect.y + (box.rect.h - size[1]) // 2
        self.canvas.blit(pygame.transform.smoothscale(deep, size), (x, y))

    def _triangle(self, box: Triangle) -> None:
        """Drawn at three times its size and brought down, which smooths its edges."""
        side = min(box.rect.w, box.rect.h)
        big = pygame.Surface((side * 3, side * 3))
        big.fill(box.ground)
        n = side * 3
        pygame.draw.polygon(
            big, box.ink, [(n // 2, n // 14), (n - 1, n * 13 // 14), (0, n * 13 // 14)]
        )
        pygame.draw.polygon(
            big,
            box.ground,
            [
                (n // 2 - n // 17, n * 36 // 100),
                (n // 2 + n // 17, n * 36 // 100),
                (n // 2 + n // 32, n * 66 // 100),
                (n // 2 - n // 32, n * 66 // 100),
            ],
        )
        pygame.draw.circle(big, box.ground, (n // 2, n * 77 // 100), n // 17)
        x = box.rect.x + (box.rect.w - side) // 2
        y = box.rect.y + (box.rect.h - side) // 2
        self.canvas.blit(pygame.transform.smoothscale(big, (side, side)), (x, y))


def area(rect: Rect) -> pygame.Rect:
    return pygame.Rect(rect.x, rect.y, rect.w, rect.h)


def _draw(canvas: pygame.Surface, box: Stripes | Dots | Modules) -> None:
    match box:
        case Stripes():
            _stripes(canvas, box)
        case Dots():
            _dots(canvas, box)
        case Modules():
            _modules(canvas, box)
        case _:
            assert_never(box)


def _stripes(canvas: pygame.Surface, box: Stripes) -> None:
    rect, slant = box.rect, box.rect.h
    canvas.fill(box.ground, area(rect))
    canvas.set_clip(area(rect))
    for x in range(rect.x - slant, rect.right + slant, 3 * slant):
        corners = [
            (x + slant, rect.y),
            (x + slant * 5 // 2, rect.y),
            (x + slant * 3 // 2, rect.bottom),
            (x, rect.bottom),
        ]
        pygame.draw.polygon(canvas, box.ink, corners)
    canvas.set_clip(None)


def _modules(canvas: pygame.Surface, box: Modules) -> None:
    """Whole pixels only: a module that is half grey is harder for a phone."""
    canvas.fill(box.ground, area(box.rect))
    side = max(1, min(box.rect.w, box.rect.h) // len(box.rows))
    x = box.rect.x + (box.rect.w - side * len(box.rows)) // 2
    y = box.rect.y + (box.rect.h - side * len(box.rows)) // 2
    for down, row in enumerate(box.rows):
        for across, module in enumerate(row):
            if module == "1":
                canvas.fill(box.ink, (x + across * side, y + down * side, side, side))


def _dots(canvas: pygame.Surface, box: Dots) -> None:
    if box.ground is not None:
        canvas.fill(box.ground, area(box.rect))
    radius = box.rect.h // 2
    step = min(4 * radius, box.rect.w // box.count)
    x = box.rect.x + (box.rect.w - step * (box.count - 1)) // 2
    for number in range(box.count):
        filled = 0 if number == box.current else max(2, radius // 4)
        pygame.draw.circle(
            canvas, box.ink, (x + number * step, box.rect.y + radius), radius, filled
        )
