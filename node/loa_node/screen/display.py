"""The display itself: which driver, what window, what is put on it, a picture of it.

Never pygame.init(): its mixer would take the sound card from the player.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pygame

from loa_node.config import ConfigError, ScreenConfig
from loa_node.screen.boxes import Rect

# A video console that is a kiosk's own; a server's or a laptop's is not ours to take unasked.
_MODEL = Path("/proc/device-tree/model")
_CONNECTORS = Path("/sys/class/drm")


class DisplayError(Exception):
    """No picture can be shown now: no cable, no server, no right. Try again later."""


@dataclass(frozen=True, slots=True)
class Plan:
    driver: str  # what SDL is asked for
    size: tuple[int, int]
    whole: bool  # all of the display, not a window


def plans(config: ScreenConfig, environ: Mapping[str, str], *, board: bool) -> list[Plan]:
    """What to try, best first. `board`: this is a Raspberry Pi with a video console."""
    size = _size(config.size)
    if config.driver != "auto":
        return [Plan(config.driver, size, whole=config.driver != "dummy")]
    dummy = Plan("dummy", size, whole=False)
    if environ.get("WAYLAND_DISPLAY"):
        return [Plan("wayland", size, whole=False), Plan("x11", size, whole=False), dummy]
    if environ.get("DISPLAY"):
        return [Plan("x11", size, whole=False), dummy]
    # On a board there is a screen to come: rather be restarted until it is plugged in.
    return [Plan("kmsdrm", size, whole=True)] if board else [dummy]


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if found is None:
        raise ConfigError(f"node.toml: screen.size must be like 1920x1080, got {text!r}")
    return int(found[1]), int(found[2])


def on_a_board() -> bool:
    try:
        model = _MODEL.read_text(errors="replace")
    except OSError:
        return False
    return "Raspberry Pi" in model and any(Path("/dev/dri").glob("card*"))


def unplugged(connectors: Path = _CONNECTORS) -> bool:
    """Every connector says disconnected. False where the kernel does not tell."""
    states = [path.read_text().strip() for path in connectors.glob("card*-*/status")]
    return bool(states) and all(state == "disconnected" for state in states)


def open_first(choices: list[Plan]) -> Display:
    """DisplayError when none of them opens; says why for each."""
    whys = []
    for plan in choices:
        try:
            return Display(_opened(plan), plan.driver)
        except (pygame.error, OSError) as e:
            whys.append(f"{plan.driver}: {e}")
            pygame.display.quit()
    raise DisplayError("; ".join(whys))


def _opened(plan: Plan) -> pygame.Surface:
    os.environ["SDL_VIDEODRIVER"] = plan.driver
    # Without it SDL draws X11 windows through OpenGL: 37 % of a core, not 1. It breaks the rest.
    if plan.driver == "x11":
        os.environ["SDL_FRAMEBUFFER_ACCELERATION"] = "0"
    else:
        os.environ.pop("SDL_FRAMEBUFFER_ACCELERATION", None)
    pygame.display.init()
    desktop = pygame.display.get_desktop_sizes()[0]
    size, flags = plan.size, 0
    if plan.whole:
        size, flags = desktop, pygame.NOFRAME if plan.driver == "x11" else pygame.FULLSCREEN
    elif plan.driver != "dummy":
        size = _window(plan.size, desktop)
    surface = pygame.display.set_mode(size, flags)
    pygame.display.set_caption("Loa Ấp")
    pygame.mouse.set_visible(not plan.whole)
    return surface


def _window(size: tuple[int, int], desktop: tuple[int, int]) -> tuple[int, int]:
    """A window that leaves the desktop reachable, in the proportions asked for."""
    scale = min(1.0, desktop[0] * 0.8 / size[0], desktop[1] * 0.8 / size[1])
    return int(size[0] * scale), int(size[1] * scale)


class Display:
    def __init__(self, surface: pygame.Surface, driver: str) -> None:
        self.surface = surface
        self.driver = driver

    @property
    def size(self) -> tuple[int, int]:
        return self.surface.get_size()

    def update(self, rect: Rect) -> None:
        pygame.display.update(pygame.Rect(rect.x, rect.y, rect.w, rect.h))

    def events(self) -> set[str]:
        """ "closed" and "exposed", if they happened."""
        found = set()
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                found.add("closed")
            elif event.type in {pygame.WINDOWEXPOSED, pygame.WINDOWSHOWN}:
                found.add("exposed")
        return found

    def save(self, path: Path, width: int = 0) -> None:
        """A PNG of what is on the display, complete or not there; OSError if it cannot be."""
        picture = self.surface
        if 0 < width < self.size[0]:
            picture = pygame.transform.smoothscale(
                picture, (width, self.size[1] * width // self.size[0])
            )
        temporary = path.with_name(f".{path.name}.part.png")
        try:
            pygame.image.save(picture, temporary)
            temporary.replace(path)
        except pygame.error as e:
            raise OSError(str(e)) from e

    def close(self) -> None:
        pygame.display.quit()
