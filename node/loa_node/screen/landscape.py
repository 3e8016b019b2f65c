"""The idle picture: sky, the moon of this lunar day, hills and the rows of a field."""

from __future__ import annotations

import math
from itertools import pairwise

import pygame

from loa_node.screen.boxes import Landscape
from loa_node.screen.look import Colour

# hour from which it holds: (top of the sky, horizon, far hills, near hills, field)
_SKIES: tuple[tuple[int, tuple[Colour, Colour, Colour, Colour, Colour]], ...] = (
    (0, ((8, 22, 40), (24, 58, 74), (16, 50, 58), (10, 40, 42), (8, 32, 32))),
    (5, ((34, 58, 84), (168, 112, 84), (58, 82, 84), (24, 70, 62), (14, 54, 46))),
    (7, ((10, 82, 110), (70, 146, 150), (34, 106, 98), (20, 88, 70), (12, 66, 52))),
    (16, ((40, 62, 92), (178, 110, 72), (70, 82, 78), (28, 70, 60), (16, 54, 44))),
    (18, ((8, 22, 40), (24, 58, 74), (16, 50, 58), (10, 40, 42), (8, 32, 32))),
)
MOONLIGHT: Colour = (250, 240, 206)
_UNLIT = 0.82  # how much of the sky is left in the dark part of the moon


def sky(hour: int) -> tuple[Colour, Colour, Colour, Colour, Colour]:
    """The colours of an hour; of the day when the hour (-1) is not known."""
    known = hour if hour >= 0 else 12
    return [colours for start, colours in _SKIES if start <= known][-1]


def paint(surface: pygame.Surface, box: Landscape) -> None:
    top, horizon, far, near, field = sky(box.hour)
    area = box.rect
    for row in range(area.h):
        part = (row / area.h) ** 1.6
        pygame.draw.line(
            surface, _mixed(top, horizon, part), (area.x, area.y + row), (area.right, area.y + row)
        )
    if box.lunar_day:
        size = area.h // 11
        centre = (area.right - area.h // 5 - size // 2, area.y + area.h * 2 // 11)
        _moon(surface, centre, size, box.lunar_day, top)
    for colour, height, wave, shift in (
        (far, 0.68, 0.042, 0.6),
        (near, 0.735, 0.032, 2.9),
        (field, 0.82, 0.012, 4.4),
    ):
        _hills(surface, box, colour, height, (wave, shift))
    _rows(surface, box, _mixed(field, near, 0.8))


def _mixed(one: Colour, two: Colour, part: float) -> Colour:
    r, g, b = (round(a + (c - a) * part) for a, c in zip(one, two, strict=True))
    return r, g, b


def _hills(
    surface: pygame.Surface,
    box: Landscape,
    colour: Colour,
    height: float,
    wave: tuple[float, float],
) -> None:
    area = box.rect
    size, shift = wave
    points = []
    for x in range(0, area.w + 8, 8):
        turn = x / area.w * math.tau
        rise = math.sin(turn * 0.9 + shift) + 0.45 * math.sin(turn * 2.3 + shift * 2)
        points.append((area.x + x, area.y + int(area.h * (height - size * rise))))
    foot = [(area.right, area.bottom), (area.x, area.bottom)]
    pygame.draw.polygon(surface, colour, points + foot)
    for one, two in pairwise(points):
        pygame.draw.aaline(surface, colour, one, two)


def _rows(surface: pygame.Surface, box: Landscape, colour: Colour) -> None:
    """Rows of a field that run to one point on the horizon."""
    area = box.rect
    vanish = (area.x + area.w * 5 // 8, area.y + int(area.h * 0.76))
    start = area.y + int(area.h * 0.845)
    for row in range(-9, 14):
        foot = area.x + area.w * 5 // 8 + row * area.w // 7
        part = (start - vanish[1]) / (area.bottom - vanish[1])
        head = (int(vanish[0] + (foot - vanish[0]) * part), start)
        pygame.draw.aaline(surface, colour, head, (foot, area.bottom))
        pygame.draw.aaline(surface, colour, (head[0] + 1, head[1]), (foot + 2, area.bottom))


def lit(lunar_day: int, across: float) -> bool:
    """Whether the moon shines at `across` (-1 left to 1 right) of a row, seen from Vietnam."""
    phase = (lunar_day - 1) / 29.53
    edge = math.cos(phase * math.tau)
    return across >= edge if phase <= 0.5 else across <= -edge


def _moon(
    surface: pygame.Surface, centre: tuple[int, int], radius: int, lunar_day: int, dark: Colour
) -> None:
    """Drawn at three times its size and brought down, which smooths its edge."""
    big = radius * 3
    disc = pygame.Surface((2 * big, 2 * big), pygame.SRCALPHA)
    shade = _mixed(MOONLIGHT, dark, _UNLIT)
    for y in range(-big, big):
        half = math.sqrt(big * big - y * y)
        edge = math.cos((lunar_day - 1) / 29.53 * math.tau) * half
        row = y + big
        pygame.draw.line(disc, shade, (big - half, row), (big + half, row))
        left, right = (edge, half) if lit(lunar_day, 1.0) else (-half, -edge)
        if right - left >= 1:
            pygame.draw.line(disc, MOONLIGHT, (big + left, row), (big + right, row))
    small = pygame.transform.smoothscale(disc, (2 * radius, 2 * radius))
    surface.blit(small, (centre[0] - radius, centre[1] - radius))
