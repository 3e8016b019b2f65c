"""Keeps the display at what is on: pages, clock, ticker, fades. One surface beyond the display.

The canvas holds the page without its ticker; the display gets from it only what changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pygame

from loa_node.screen import picture, words
from loa_node.screen.boxes import Page, Rect
from loa_node.screen.display import Display
from loa_node.screen.layout import pages
from loa_node.screen.paint import Painter, area
from loa_node.screen.scene import Kind, Scene
from loa_node.screen.sheet import Sheet
from loa_node.screen.show import BLANK, Now, On, begun, is_over, relaid, resting, turned
from loa_node.screen.ticker import Ticker
from loa_node.screen.typeface import Typeface

FADE_MS = 450
_STEP = 70  # of 255: what each frame of a fade brings of the new page


class StageError(Exception):
    """A scene could not be drawn; the one before is still on."""


@dataclass(slots=True)
class Fade:
    rect: Rect
    ends_ms: int


class Stage:
    def __init__(self, display: Display, typeface: Typeface, now: Now) -> None:
        self._display = display
        self._typeface = typeface
        width, height = display.size
        self._sheet = Sheet(width, height, typeface)
        self._painter = Painter(pygame.Surface((width, height)).convert(), typeface)
        self._fade: Fade | None = None
        self._ticker: Ticker | None = None
        self._ticker_ms = self._drawn_ms = now.ms
        self._minute = now.wall_ms // 60_000
        self.changed = False  # something other than the ticker, since last asked
        self.frames = 0
        self.on = self._begun(BLANK, now)
        self._put(self._sheet.whole)

    def show(self, scene: Scene, now: Now) -> None:
        """On the display when this returns for an alarm; within FADE_MS for the rest."""
        usable = tuple(path for path in scene.images if picture.load(path) is not None)
        scene = replace(scene, images=usable)
        if scene == self.on.scene:
            return  # said again, as after a reconnect: the reader keeps the page
        try:
            self.on = self._begun(scene, now)
        except (pygame.error, ValueError, MemoryError) as e:
            self._begun(self.on.scene, now)
            raise StageError(str(e)) from e
        if scene.kind is Kind.EMERGENCY:
            self._fade = None
            self._put(self._sheet.whole)
        else:
            self._fade_in(self._sheet.whole, now)

    @property
    def settled(self) -> bool:
        """What is on is fully on the display."""
        return self._fade is None

    @property
    def moving(self) -> bool:
        return self._fade is not None or (self._ticker is not None and self._ticker.moves)

    def next_ms(self, now: Now) -> int:
        """When something will change, if nothing moves."""
        due = [now.ms + 60_000 - now.wall_ms % 60_000, self.on.next_ms]
        return min(ms for ms in due if ms is not None)

    def redraw(self) -> None:
        """The display lost its pixels: a window was covered, a screen woke."""
        self._put(self._sheet.whole)

    def _begun(self, scene: Scene, now: Now) -> On:
        on = begun(scene, self._pages(scene, now), now)
        self._painter.paint(on.current)
        band = on.current.ticker
        if band is None:
            self._ticker = None
        elif self._ticker is None or self._ticker.band != band:
            self._ticker, self._ticker_ms = Ticker(band, self._typeface), now.ms
        self.changed = True
        return on

    def _pages(self, scene: Scene, now: Now) -> tuple[Page, ...]:
        return pages(scene, self._sheet, words.moment(now.wall_ms) if scene.clock_ok else None)

    def step(self, now: Now) -> Scene | None:
        """One frame. The scene that began by itself, if one did."""
        ended = None
        if is_over(self.on.scene, now):
            ended = resting(self.on.scene)
            self.show(ended, now)
        self._tell_the_time(now)
        self._turn(now)
        self._fade_on(now)
        self._move_ticker(now)
        return ended

    def _tell_the_time(self, now: Now) -> None:
        minute = now.wall_ms // 60_000
        if minute == self._minute:
            return
        self._minute = minute
        before, self.on = self.on.current, relaid(self.on, self._pages(self.on.scene, now))
        for rect in self._painter.repaint(before, self.on.current):
            self._put(rect)

    def _turn(self, now: Now) -> None:
        on = turned(self.on, now)
        if on is self.on:
            return
        before, self.on = self.on.current, on
        self._painter.paint(on.current)
        kept = set(before.boxes) & set(on.current.boxes)
        rects = [box.rect for box in (*before.boxes, *on.current.boxes) if box not in kept]
        if not rects:
            return
        whole = rects[0]
        for rect in rects[1:]:
            whole = whole.around(rect)
        self._fade_in(whole, now)

    def _fade_in(self, rect: Rect, now: Now) -> None:
        self._fade = Fade(rect, now.ms + FADE_MS)
        self.changed = True

    def _fade_on(self, now: Now) -> None:
        """Each frame lays a little of the canvas over the display: no third surface."""
        if self._fade is None:
            return
        if now.ms >= self._fade.ends_ms:
            rect, self._fade = self._fade.rect, None
            self._put(rect)
            return
        self._painter.canvas.set_alpha(_STEP)
        self._copy(self._fade.rect)
        self._painter.canvas.set_alpha(None)

    def _put(self, rect: Rect) -> None:
        self._copy(rect)
        self.changed = True

    def _copy(self, rect: Rect) -> None:
        surface = self._display.surface
        surface.blit(self._painter.canvas, (rect.x, rect.y), area(rect))
        if self._ticker and self._ticker.band.rect.meets(rect):
            self._ticker.draw(surface, self._drawn_ms - self._ticker_ms)
        self._display.update(rect)
        self.frames += 1

    def _move_ticker(self, now: Now) -> None:
        """An update() of its own: one call with two places far apart would send all between."""
        self._drawn_ms = now.ms
        if self._ticker and self._ticker.moves:
            self._display.update(self._ticker.draw(self._display.surface, now.ms - self._ticker_ms))
            self.frames += 1
