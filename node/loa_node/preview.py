"""`loa-node preview REQUEST FOLDER`: what a node's screen would show, as pictures.

The district's console shows them to whoever writes or approves, and on each node's page. It is the
same code that draws on the wall, so what is cut, wrapped or not drawable there is so here. No
display, no network.

    REQUEST  {"bulletin": its payload as text, "images": {sha256: path}, "place", "unit", "qr",
              "fonts": folder, "now_ms": what the clock shows, "width": of the pictures}
             of one node, by its own papers, what stands there first: {"assignment", "settings",
              "bulletin": what is said or "", "rest": [bulletins], all of them payloads as text;
              "images", "online", "fonts", "now_ms", "width"}
    out      FOLDER/1.png … and one line {"pages": [{"language", "seconds"}, …]} in their order
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame

from loa_node.outlets import Scene
from loa_node.scene import bulletin_scene, is_dark, languages, resting_scene, surroundings
from loa_node.screen.boxes import Page
from loa_node.screen.layout import pages
from loa_node.screen.paint import Painter
from loa_node.screen.scene import Unreadable, parse
from loa_node.screen.sheet import Sheet
from loa_node.screen.ticker import Ticker
from loa_node.screen.typeface import FontsError, Typeface
from loa_node.screen.words import moment
from loa_wire.bulletin import Bulletin
from loa_wire.parse import UnreadableError, decode
from loa_wire.place import Assignment, Settings
from loa_wire.resting import alarm_among

WALL: Final = (1920, 1080)
MOST: Final = 24
REFUSED: Final = 65  # EX_DATAERR


def run(request: Path, folder: Path) -> int:
    asked: dict[str, Any] = json.loads(request.read_bytes())
    pygame.font.init()
    try:
        typeface = Typeface(Path(asked["fonts"]))
        shown = _of_a_node(asked) if "settings" in asked else _in_every_language(asked)
    except (UnreadableError, FontsError) as e:
        sys.stderr.write(f"{e}\n")
        return REFUSED
    said = []
    for language, page in _pages(shown, asked["now_ms"], Sheet(*WALL, typeface)):
        said.append({"language": language, "seconds": page.seconds})
        canvas = pygame.Surface(WALL, 0, 32)
        Painter(canvas, typeface).paint(page)
        if page.ticker:
            Ticker(page.ticker, typeface).draw(canvas, 4000)
        size = (asked["width"], asked["width"] * WALL[1] // WALL[0])
        smaller = pygame.transform.smoothscale(canvas, size)
        pygame.image.save(smaller, str(folder / f"{len(said)}.png"))
        if len(said) == (1 if "settings" in asked else MOST):
            break
    sys.stdout.write(json.dumps({"pages": said}) + "\n")
    return 0


def _pages(shown: list[tuple[str, Scene]], now_ms: int, sheet: Sheet) -> Iterator[tuple[str, Page]]:
    for language, told in shown:
        scene = parse(told)
        if isinstance(scene, Unreadable):
            continue  # a node keeps the scene before
        for page in pages(scene, sheet, moment(now_ms)):
            yield language, page


def _in_every_language(asked: dict[str, Any]) -> list[tuple[str, Scene]]:
    """Each language as a node that prefers it shows it."""
    bulletin = decode(asked["bulletin"].encode(), Bulletin)
    images = _images(bulletin, asked)
    place = {"place": asked["place"], "unit": asked["unit"], "online": True, "clock_ok": True}
    shown = []
    for language in list(bulletin.text) or list(bulletin.title) or ["vi"]:
        prefers = Settings(
            node="preview", version=1, iat=0, languages=[language], answer_at=asked["qr"]
        )
        shown.append((language, bulletin_scene("preview", bulletin, prefers, place, images)))
    return shown


def _of_a_node(asked: dict[str, Any]) -> list[tuple[str, Scene]]:
    """What is said, else the alarm that runs, else the room's own page: as its wall decides."""
    assignment = decode(asked["assignment"].encode(), Assignment)
    settings = decode(asked["settings"].encode(), Settings)
    rest = [decode(one.encode(), Bulletin) for one in asked["rest"]]
    place = surroundings(assignment, settings, online=asked["online"], clock_ok=True)
    said = decode(asked["bulletin"].encode(), Bulletin) if asked["bulletin"] else alarm_among(rest)
    if said is not None:
        scene = bulletin_scene("preview", said, settings, place, _images(said, asked))
        return [(languages(said, settings)[0], scene)]
    dark = is_dark(settings, asked["now_ms"], clock_ok=True)
    return [("", resting_scene(rest, settings, place, dark=dark))]


def _images(bulletin: Bulletin, asked: dict[str, Any]) -> list[str]:
    return [asked["images"][image.sha256] for image in bulletin.images]
