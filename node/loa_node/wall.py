"""What stands on the screen: the bulletin that plays, an alarm that runs, or the room's own page.

The screen's program is told only what is new, and all of it again when it comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from loa_node.clock import Clock
from loa_node.fetch import MediaFolder
from loa_node.inbox import Shelf
from loa_node.outlets import Alive, Gone, Pictured, Scene, Screen, ScreenEvent, ScreenHello, Shown
from loa_node.scene import bulletin_scene, is_dark, name_scene, resting_scene, surroundings
from loa_node.standing import Standing
from loa_wire.bulletin import Bulletin
from loa_wire.resting import alarm_among, resting

IDENTIFY_MS: Final = 30_000
"""How long a node shows which one it is."""


class Wall:
    def __init__(
        self, screen: Screen, standing: Standing, shelf: Shelf, media: MediaFolder
    ) -> None:
        self._screen = screen
        self._standing = standing
        self._shelf = shelf
        self._media = media
        self._online = False
        self._shown: Scene | None = None
        self._shown_for: tuple[object, ...] = ()
        self._identify_until = 0
        self.driver, self.pictured = "", ""

    def dial(self) -> None:
        self._screen.dial()

    def events(self) -> Sequence[ScreenEvent]:
        return self._screen.events()

    def online(self, *, online: bool) -> None:
        self._online = online

    def identify(self, clock: Clock) -> None:
        """Its name as large as the screen has room for, for half a minute of rest."""
        self._identify_until = clock.mono_ms + IDENTIFY_MS

    def picture(self, path: Path, width: int) -> None:
        self._screen.picture(path, width)

    def heard(self, event: ScreenEvent) -> None:
        match event:
            case ScreenHello(driver):
                self.driver = driver
                if self._shown is not None:
                    self._screen.show(self._shown)
            case Pictured(path):
                self.pictured = path
            case Gone():
                self.driver = ""
            case Alive() | Shown():
                pass

    def show(self, name: str, b: Bulletin, clock: Clock) -> None:
        self._put(self._scene_of(name, b, clock))

    def stale(self) -> None:
        """A play is over: the room's page is put up again though nothing on it is new."""
        self._shown_for = ()

    def rest(self, clock: Clock) -> None:
        """The resting picture is sent again only when something on it is new."""
        live = resting((one.bulletin for one in self._shelf.bulletins()), clock.now_ms)
        place = self._surroundings(clock)
        settings = self._standing.settings
        dark = is_dark(settings, clock.now_ms, clock_ok=clock.calendar)
        said = tuple(b.id + str(b.rev) for b in live)
        named = clock.mono_ms < self._identify_until
        key = (said, dark, named, settings.answer_at, *place.values())
        if key == self._shown_for:
            return
        self._shown_for = key
        alarm = alarm_among(live)
        if named and alarm is None:
            self._put(name_scene(self._standing.node, settings, place))
        elif alarm is not None:
            self.show(f"{alarm.id}/rest", alarm, clock)
        else:
            self._put(resting_scene(live, settings, place, dark=dark))

    def _put(self, scene: Scene) -> None:
        self._shown = scene
        self._screen.show(scene)

    def _scene_of(self, name: str, b: Bulletin, clock: Clock) -> Scene:
        found = [self._media.intact(image.sha256) for image in b.images]
        images = [path for path in found if path]
        place = self._surroundings(clock)
        return bulletin_scene(name, b, self._standing.settings, place, images)

    def _surroundings(self, clock: Clock) -> dict[str, object]:
        standing = self._standing
        return surroundings(
            standing.assignment, standing.settings, online=self._online, clock_ok=clock.calendar
        )
