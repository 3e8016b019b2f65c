"""The line of text that moves along the foot of the screen.

Drawn from strips made once, of which only those in view are kept (4096 px is the most a small
board takes; half of it wastes less beyond the edges). The place follows from the time that has
passed, never from a count of frames, so a slow board moves it as fast as a quick one.
"""

from __future__ import annotations

import pygame

from loa_node.screen.boxes import Rect, TickerBand
from loa_node.screen.typeface import Typeface
from loa_node.screen.writing import words

WIDEST = 2048
_CROSSING_S = 13  # how long a word takes from edge to edge


class Ticker:
    """A text that fits stands still and costs nothing."""

    def __init__(self, band: TickerBand, typeface: Typeface) -> None:
        self.band = band
        self._typeface = typeface
        self._pieces = _placed(band, typeface)
        self.length = _end(self._pieces, band, typeface)
        self.moves = self.length > band.rect.w
        self._period = self.length + band.rect.w // 3
        self._strips: dict[int, pygame.Surface] = {}

    def offset(self, elapsed_ms: int) -> int:
        """Pixels of the text that have left on the left side."""
        if not self.moves:
            return 0
        return elapsed_ms * self.band.rect.w // (_CROSSING_S * 1000) % self._period

    def draw(self, surface: pygame.Surface, elapsed_ms: int) -> Rect:
        """Paints the whole band; returns what changed."""
        band = self.band.rect
        view = pygame.Rect(band.x, band.y, band.w, band.h)
        surface.set_clip(view)
        start = -self.offset(elapsed_ms) if self.moves else (band.w - self.length) // 2
        if start > 0 or start + self.length < band.w:  # else the strips cover all of it
            surface.fill(self.band.ground, view)
        seen = self._draw_from(surface, band.x + start)
        if self.moves:
            seen |= self._draw_from(surface, band.x + start + self._period)
        surface.set_clip(None)
        self._strips = {k: strip for k, strip in self._strips.items() if k in seen}
        return band

    def _draw_from(self, surface: pygame.Surface, x: int) -> set[int]:
        seen = set()
        for number in range(-(-self.length // WIDEST)):
            left = x + number * WIDEST
            if left < self.band.rect.right and left + WIDEST > self.band.rect.x:
                seen.add(number)
                surface.blit(self._strip(number, surface), (left, self.band.rect.y))
        return seen

    def _strip(self, number: int, like: pygame.Surface) -> pygame.Surface:
        if number not in self._strips:
            self._strips[number] = self._made(number, like)
        return self._strips[number]

    def _made(self, number: int, like: pygame.Surface) -> pygame.Surface:
        left, band = number * WIDEST, self.band
        strip = pygame.Surface((min(WIDEST, self.length - left), band.rect.h), 0, like)
        strip.fill(band.ground)
        top = (band.rect.h - self._typeface.height(band.style)) // 2
        for x, text in self._pieces:
            if x < left + WIDEST and x + self._typeface.width(text, band.style) > left:
                self._typeface.draw(strip, text, (x - left, top), band.style, band.ink)
        return strip


def _end(pieces: list[tuple[int, str]], band: TickerBand, typeface: Typeface) -> int:
    return pieces[-1][0] + typeface.width(pieces[-1][1], band.style) if pieces else 0


def _placed(band: TickerBand, typeface: Typeface) -> list[tuple[int, str]]:
    """Words with their place on the line: one long surface of all the text is never made."""
    found, x = [], 0
    for glue, word in words(band.text):
        if glue:
            x += typeface.width(glue, band.style)
        found.append((x, word))
        x += typeface.width(word, band.style)
    return found
