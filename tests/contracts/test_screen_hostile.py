"""Anything at all to show, at any size, in the real fonts; and anything at all on the socket."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.examples import examples
from fakes.scenes import a_scene_message
from fakes.walls import ANSWER, POSTER
from loa_node import fonts
from loa_node.config import NodeConfig
from loa_node.screen.boxes import Dots, Modules, Page, Picture, Triangle, Words
from loa_node.screen.layout import pages
from loa_node.screen.paint import Painter
from loa_node.screen.scene import MOST_IMAGES, Kind, Scene, parse
from loa_node.screen.sheet import Sheet
from loa_node.screen.ticker import Ticker
from loa_node.screen.typeface import Typeface
from loa_node.screen.words import moment
from parts.screen import Peer, Screen

pytestmark = pytest.mark.parts

pygame.font.init()
TYPEFACE = Typeface(fonts.folder(NodeConfig()))

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyẤỒỮỄộẵỷ ,.:–0123456789\n"
MARKS = "\u0301\u0300\u0309\u0303\u0323\u0302\u0306\u031b\u030c"  # NFD, and S'tiêng upon it
KHMER = "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអ្ាិីឹឺុូួើៀេែៃោៅំះ។៕\u200b"
writing = st.one_of(
    st.text(st.sampled_from(VIETNAMESE + MARKS), max_size=400),
    st.text(st.sampled_from(KHMER), max_size=300),
    st.text(st.sampled_from(VIETNAMESE + KHMER + MARKS), max_size=300),
    st.text(st.characters(), max_size=60),
    st.sampled_from(["", "ồ" * 500, "ក" * 300, "\n".join("Một dòng" for _ in range(8))]),
)
texts = st.dictionaries(st.sampled_from(["vi", "km", "sti", "en"]), writing, max_size=3)
sizes = st.one_of(
    st.sampled_from([(1920, 1080), (1280, 720), (1024, 768), (800, 600), (3840, 2160)]),
    st.tuples(st.integers(800, 1920), st.integers(600, 1080)),
)
messages = st.builds(
    a_scene_message,
    kind=st.sampled_from([kind.value for kind in Kind]),
    title=texts,
    text=texts,
    languages=st.just([]),
    images=st.integers(0, MOST_IMAGES).map(lambda n: [str(POSTER)] * n),
    ticker=writing,
    place=writing.map(lambda text: text[:200]),
    unit=writing.map(lambda text: text[:200]),
    level=st.sampled_from(["normal", "priority", "emergency"]),
    online=st.booleans(),
    clock_ok=st.booleans(),
    qr=st.sampled_from(["", ANSWER, "https://x.vn/" + "y" * 180]),
)


def painted_over(page: Page) -> list[Words | Picture | Triangle | Dots | Modules]:
    kinds = Words | Picture | Triangle | Dots | Modules
    return [box for box in page.boxes if isinstance(box, kinds)]


@examples(40)
@given(messages, sizes, st.integers(0, 4_102_444_800_000))
def test_whatever_is_shown_nothing_overlaps_or_leaves_the_screen_or_is_cut(
    message: dict[str, Any], size: tuple[int, int], wall_ms: int
) -> None:
    scene = parse(message)
    assert isinstance(scene, Scene), scene
    sheet = Sheet(*size, TYPEFACE)

    for page in pages(scene, sheet, moment(wall_ms) if scene.clock_ok else None):
        boxes = painted_over(page)
        rects = [box.rect for box in boxes] + ([page.ticker.rect] if page.ticker else [])
        assert all(rect.w > 0 and rect.h > 0 and sheet.whole.holds(rect) for rect in rects)
        assert not [pair for pair in combinations(rects, 2) if pair[0].meets(pair[1])]
        for box in page.written():
            assert all(TYPEFACE.width(line, box.style) <= box.rect.w for line in box.lines)


@examples(12)
@given(messages)
def test_whatever_is_shown_can_be_painted(message: dict[str, Any]) -> None:
    scene = parse(message | {"images": message["images"][:1]})
    assert isinstance(scene, Scene), scene
    size = (1024, 768)
    canvas = pygame.Surface(size, 0, 32)

    for page in pages(scene, Sheet(*size, TYPEFACE), None)[:3]:
        Painter(canvas, TYPEFACE).paint(page)
        if page.ticker:
            Ticker(page.ticker, TYPEFACE).draw(canvas, 7000)


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """One program for all of them: what one line spoils, the next one finds."""
    made = Screen(tmp_path_factory.mktemp("hostile"))
    made.start().close()
    yield made
    assert made.end() == 0


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
orders = st.fixed_dictionaries(
    {"do": st.sampled_from(["show", "picture"]) | anything},
    optional={"scene": anything, "path": anything, "width": anything},
)
fields = st.dictionaries(st.sampled_from(sorted(a_scene_message())), anything, max_size=3)
shows = fields.map(lambda changes: {"do": "show", "scene": a_scene_message(**changes)})
lines = st.one_of(
    st.binary(max_size=200),
    (orders | shows).map(lambda order: json.dumps(order).encode()),
    st.sampled_from([b"[" * 5000, b"9" * 5000, b'{"do":"show","scene":' * 500, b"\0" * 4096]),
)


@examples(60)
@given(st.lists(lines, min_size=1, max_size=4))
def test_hostile_lines_cost_at_most_their_own_connection(screen: Screen, said: list[bytes]) -> None:
    with socket.socket(socket.AF_UNIX) as rude:
        rude.connect(str(screen.socket))
        for line in said:
            try:
                rude.sendall(line + b"\n")
            except (BrokenPipeError, ConnectionResetError):
                break

    assert screen.process is not None
    assert screen.process.poll() is None


def test_after_them_all_it_still_shows(screen: Screen, tmp_path: Path) -> None:
    agent = Peer(screen.socket)

    assert agent.show(a_scene_message(id="after", kind="emergency"))["scene"] == "after"
    assert agent.picture(tmp_path / "after.png").stat().st_size > 1000
    agent.close()


def test_a_phone_reads_where_to_answer_from_the_resting_picture(tmp_path: Path) -> None:
    wall = Screen(tmp_path, size="1024x768")
    agent = wall.start()
    agent.show(a_scene_message(kind="idle", qr=ANSWER))

    told = subprocess.run(
        ["zbarimg", "-q", "--raw", str(agent.picture(tmp_path / "rest.png"))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert told.stdout.strip() == ANSWER
    assert wall.end() == 0
