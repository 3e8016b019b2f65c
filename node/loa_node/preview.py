"""`loa-node preview REQUEST FOLDER`: a bulletin as this node's screen would show it, as pictures.

The district's console shows them to whoever writes or approves. It is the same code that draws on
the wall, so what is cut, wrapped or not drawable there is so here. No display, no network.

    REQUEST  {"bulletin": its payload as text, "images": {sha256: path}, "place", "unit", "qr",
              "fonts": folder, "now_ms": what the clock shows, "width": of the pictures}
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

from loa_node.scene import bulletin_scene
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
from loa_wire.place import Settings

WALL: Final = (1920, 1080)
MOST: Final = 24
REFUSED: Final = 65  # EX_DATAERR


def run(request: Path, folder: Path) -> int:
    asked: dict[str, Any] = json.loads(request.read_bytes())
    pygame.font.init()
    try:
        bulletin = decode(asked["bulletin"].encode(), Bulletin)
        typeface = Typeface(Path(asked["fonts"]))
    except (UnreadableError, FontsError) as e:
        sys.stderr.write(f"{e}\n")
        return REFUSED
    said = []
    for language, page in scenes(bulletin, asked, Sheet(*WALL, typeface)):
        said.append({"language": language, "seconds": page.seconds})
        canvas = pygame.Surface(WALL, 0, 32)
        Painter(canvas, typeface).paint(page)
        if page.ticker:
            Ticker(page.ticker, typeface).draw(canvas, 4000)
        size = (asked["width"], asked["width"] * WALL[1] // WALL[0])
        smaller = pygame.transform.smoothscale(canvas, size)
        pygame.image.save(smaller, str(folder / f"{len(said)}.png"))
        if len(said) == MOST:
            break
    sys.stdout.write(json.dumps({"pages": said}) + "\n")
    return 0


def scenes(bulletin: Bulletin, asked: dict[str, Any], sheet: Sheet) -> Iterator[tuple[str, Page]]:
    """Each language as a node that prefers it shows it, page by page."""
    images = [asked["images"][image.sha256] for image in bulletin.images]
    place = {"place": asked["place"], "unit": asked["unit"], "online": True, "clock_ok": True}
    for language in list(bulletin.text) or list(bulletin.title) or ["vi"]:
        prefers = Settings(
            node="preview", version=1, iat=0, languages=[language], answer_at=asked["qr"]
        )
        scene = parse(bulletin_scene("preview", bulletin, prefers, place, images))
        if isinstance(scene, Unreadable):
            continue  # a node keeps the scene before
        for page in pages(scene, sheet, moment(asked["now_ms"])):
            yield language, page
