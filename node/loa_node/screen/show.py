"""Which page of which scene is on, and since when. Pure: (on, now) -> on.

show a scene ──> page 1 ── read ──> page 2 … last ──> page 1 …
                    └── until_ms passed (by a clock to trust) ──> the idle scene of this place
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from loa_node.screen.boxes import Page
from loa_node.screen.scene import Kind, Scene


@dataclass(frozen=True, slots=True)
class Now:
    ms: int  # monotonic: how long something has been on
    wall_ms: int  # what the clock says: when something ends


@dataclass(frozen=True, slots=True)
class On:
    scene: Scene
    pages: tuple[Page, ...]
    page: int
    since_ms: int  # monotonic, of this page
    began_ms: int  # monotonic, of the scene: the ticker moves by it

    @property
    def current(self) -> Page:
        return self.pages[self.page]

    @property
    def next_ms(self) -> int | None:
        """When the page turns; None when there is nowhere to turn to."""
        return self.since_ms + self.current.seconds * 1000 if len(self.pages) > 1 else None

    @property
    def reading_s(self) -> int:
        """How long until all of it has been seen."""
        return sum(page.seconds for page in self.pages)


def begun(scene: Scene, pages: tuple[Page, ...], now: Now) -> On:
    return On(scene, pages, 0, now.ms, now.ms)


def turned(on: On, now: Now) -> On:
    if on.next_ms is None or now.ms < on.next_ms:
        return on
    return replace(on, page=(on.page + 1) % len(on.pages), since_ms=now.ms)


def relaid(on: On, pages: tuple[Page, ...]) -> On:
    """The same scene laid out again, for a new minute: the reader keeps the page."""
    return replace(on, pages=pages, page=min(on.page, len(pages) - 1))


def is_over(scene: Scene, now: Now) -> bool:
    """A clock that may be wrong ends nothing."""
    return scene.clock_ok and scene.until_ms is not None and now.wall_ms >= scene.until_ms


def resting(scene: Scene) -> Scene:
    """What stays of a scene that is over: where this is."""
    return Scene(
        id="",
        kind=Kind.IDLE,
        place=scene.place,
        unit=scene.unit,
        online=scene.online,
        clock_ok=scene.clock_ok,
    )


BLANK = Scene(id="")  # before the agent has said anything
