"""What every screen must do, the real one and the fake; then what only real pixels can show."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray

from fakes.scenes import KM, VI, a_scene, a_scene_message
from fakes.screen import FakeScreen
from loa_node import fonts
from loa_node.config import NodeConfig
from loa_node.screen import look
from loa_node.screen.boxes import Page, Picture, Rect, Style, TickerBand, Words
from loa_node.screen.layout import pages
from loa_node.screen.main import TRY_AGAIN
from loa_node.screen.paint import Painter
from loa_node.screen.sheet import Sheet
from loa_node.screen.ticker import Ticker
from loa_node.screen.typeface import FontsError, Typeface
from loa_node.screen.words import VIETNAM
from parts.screen import PATIENCE_S, Peer, Screen, x_server

pytestmark = pytest.mark.parts

FONTS = fonts.folder(NodeConfig())
POSTER = Path(__file__).parents[2] / "content/samples/pictures/vaccination.jpg"
Pixels = NDArray[np.int64]


@pytest.fixture(params=["fake", "dummy", "x11"])
def agent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    if request.param == "fake":
        fake = FakeScreen()
        fake.serve(tmp_path / "screen.sock")
        yield Peer(tmp_path / "screen.sock")
        fake.close()
    elif request.param == "dummy":
        real = Screen(tmp_path)
        yield real.start()
        assert real.end() == 0
    else:
        with x_server() as (display, _):
            real = Screen(tmp_path, "x11", display)
            yield real.start()
            assert real.end() == 0


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    made = Screen(tmp_path)
    yield made
    if made.process and made.process.poll() is None:
        made.end()


def pixels(path: Path) -> Pixels:
    return pygame.surfarray.array3d(pygame.image.load(path)).astype(np.int64)


def part(picture: Pixels, rect: Rect) -> Pixels:
    return picture[rect.x : rect.right, rect.y : rect.bottom]


def near(picture: Pixels, colour: look.Colour) -> NDArray[np.bool_]:
    close: NDArray[np.bool_] = np.abs(picture - np.array(colour)).max(axis=2) <= 12
    return close


def ink(picture: Pixels, box: Words) -> float:
    """Which share of the box has the colour of its letters."""
    return float(near(part(picture, box.rect), box.ink).mean())


def laid_out(scene: dict[str, object]) -> tuple[Page, ...]:
    pygame.font.init()
    return pages(a_scene(**scene), Sheet(1920, 1080, Typeface(FONTS)), None)


# What the fake does too


def test_it_says_its_size_and_driver_to_whoever_connects(agent: Peer) -> None:
    assert agent.hello["size"] == [1920, 1080]
    assert agent.hello["driver"] in {"dummy", "x11"}


def test_it_tells_when_a_scene_is_shown(agent: Peer) -> None:
    assert agent.show(a_scene_message(id="b7"))["scene"] == "b7"
    assert agent.show(a_scene_message(id="rest", kind="idle"))["scene"] == "rest"


def test_a_scene_it_cannot_read_is_refused_with_a_reason(agent: Peer) -> None:
    agent.send(do="show", scene=a_scene_message(title=7))

    assert "title" in agent.until("refused")["reason"]
    assert agent.show(a_scene_message(id="next"))["scene"] == "next"


def test_a_picture_is_a_png_of_the_whole_screen(agent: Peer, tmp_path: Path) -> None:
    agent.show(a_scene_message())

    assert pixels(agent.picture(tmp_path / "now.png")).shape == (1920, 1080, 3)


def test_a_picture_that_cannot_be_written_is_said(agent: Peer, tmp_path: Path) -> None:
    agent.send(do="picture", path=str(tmp_path / "no" / "folder.png"))

    said = agent.until("pictured")
    assert said["path"] == ""
    assert said["reason"]


def test_orders_of_a_later_version_are_passed_over(agent: Peer) -> None:
    agent.send(do="dance", tempo=7)

    assert agent.show(a_scene_message(id="b8"))["scene"] == "b8"


# Real pixels


@pytest.mark.parametrize("driver", ["dummy", "x11"])
def test_the_ink_of_title_and_text_is_where_the_layout_says(tmp_path: Path, driver: str) -> None:
    scene = a_scene_message(clock_ok=False, title={"vi": "Ngày tiêm chủng"}, text={"vi": VI[:90]})
    with x_server() as (display, _):
        real = Screen(tmp_path, driver, display)
        real_agent = real.start()
        real_agent.show(scene)
        seen = pixels(real_agent.picture(tmp_path / "now.png"))
        real.end()

    page = laid_out(scene)[0]
    outside = near(seen, look.BULLETIN.title)
    for box in page.written():
        assert ink(seen, box) > 0.01
        outside[box.rect.x : box.rect.right, box.rect.y : box.rect.bottom] = False
    title = next(box for box in page.written() if box.ink == look.BULLETIN.title)
    below_header = outside[:, title.rect.y :]
    assert not below_header.any()


def test_an_alarm_is_red_and_yellow_and_a_drill_blue_and_white(
    screen: Screen, tmp_path: Path
) -> None:
    agent = screen.start()

    def share(kind: str, colour: look.Colour) -> float:
        agent.show(a_scene_message(id=kind, kind=kind))
        return float(near(pixels(agent.picture(tmp_path / f"{kind}.png")), colour).mean())

    assert share("emergency", look.RED) > 0.4
    assert share("emergency", look.SIGNAL) > 0.1
    assert share("drill", look.BLUE) > 0.4
    assert share("drill", look.RED) == 0


def test_the_poster_stands_beside_the_text(screen: Screen, tmp_path: Path) -> None:
    scene = a_scene_message(images=[str(POSTER)], clock_ok=False)
    agent = screen.start()
    agent.show(scene)
    seen = pixels(agent.picture(tmp_path / "now.png"))

    box = next(box for box in laid_out(scene)[0].boxes if isinstance(box, Picture))
    assert near(part(seen, box.rect), look.PAPER).mean() < 0.35
    assert len(np.unique(part(seen, box.rect).reshape(-1, 3), axis=0)) > 2000


def test_a_picture_that_is_broken_is_left_out_and_the_text_takes_its_place(
    screen: Screen, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(POSTER.read_bytes()[:200] + b"\0" * 500)
    agent = screen.start()
    agent.show(a_scene_message(id="without", clock_ok=False))
    without = pixels(agent.picture(tmp_path / "without.png"))
    agent.show(a_scene_message(id="broken", images=[str(broken), "/gone.png"], clock_ok=False))

    assert (pixels(agent.picture(tmp_path / "broken.png")) == without).all()


def test_a_refused_scene_leaves_the_last_good_one_on(screen: Screen, tmp_path: Path) -> None:
    agent = screen.start()
    agent.show(a_scene_message(clock_ok=False))
    before = pixels(agent.picture(tmp_path / "before.png"))
    agent.send(do="show", scene={"id": "bad", "kind": "advert"})
    agent.until("refused")

    assert (pixels(agent.picture(tmp_path / "after.png")) == before).all()


def test_a_line_of_rubbish_costs_the_connection_and_not_the_picture(screen: Screen) -> None:
    rude = screen.start()
    rude.show(a_scene_message(id="good"))
    rude._wire._sock.sendall(b"\xff\xfe not json\n")

    assert Peer(screen.socket).show(a_scene_message(id="after"))["scene"] == "after"


def test_what_has_expired_leaves_the_screen_by_itself(screen: Screen) -> None:
    agent = screen.start()
    soon = int(time.time() * 1000) + 1500
    assert agent.show(a_scene_message(until_ms=soon))["scene"] == "b1"

    assert agent.until("shown")["scene"] == ""


def test_the_mirror_follows_what_is_shown(screen: Screen, tmp_path: Path) -> None:
    agent = screen.start()
    agent.show(a_scene_message(kind="emergency", clock_ok=False))
    shown = pixels(agent.picture(tmp_path / "now.png"))
    agent.until("alive")

    assert (pixels(screen.mirror) == shown).all()
    assert not list(tmp_path.glob(".*part*"))


def test_the_ticker_moves_and_a_small_picture_can_be_had(screen: Screen, tmp_path: Path) -> None:
    agent = screen.start()
    agent.show(a_scene_message(ticker=VI * 2, clock_ok=False))
    one = pixels(agent.picture(tmp_path / "one.png"))
    agent.until("alive")
    two = pixels(agent.picture(tmp_path / "two.png"))

    assert (one[:, 960:] != two[:, 960:]).any()
    assert (one[:, :900] == two[:, :900]).all()
    assert pixels(agent.picture(tmp_path / "small.png", width=480)).shape == (480, 270, 3)


def test_it_shows_again_after_being_killed(screen: Screen) -> None:
    agent = screen.start()
    agent.show(a_scene_message())
    assert screen.process is not None
    screen.process.kill()
    screen.process.wait()

    assert screen.start().show(a_scene_message(id="again"))["scene"] == "again"


def test_a_display_that_goes_away_ends_the_program_so_that_it_is_started_again(
    tmp_path: Path,
) -> None:
    with x_server() as (display, server):
        real = Screen(tmp_path, "x11", display)
        real.start().show(a_scene_message())
        server.kill()
        assert real.process is not None
        assert real.process.wait(PATIENCE_S) != 0


def test_without_a_display_it_exits_with_the_code_for_try_again(tmp_path: Path) -> None:
    real = Screen(tmp_path, "x11", ":4711")

    assert real.launch().wait(PATIENCE_S) == TRY_AGAIN
    assert "no display" in real.log.read_text()


def test_switched_off_it_lives_answers_and_never_claims_to_have_shown(tmp_path: Path) -> None:
    real = Screen(tmp_path, "off")
    agent = real.start()
    agent.send(do="show", scene=a_scene_message())
    agent.send(do="picture", path=str(tmp_path / "no.png"))

    assert agent.hello["driver"] == "off"
    assert agent.until("pictured")["path"] == ""
    assert real.end() == 0


# Painting and the ticker, without a display


def face() -> Typeface:
    pygame.font.init()
    return Typeface(FONTS)


@pytest.mark.parametrize("kind", ["bulletin", "emergency", "idle"])
def test_a_new_minute_repainted_is_what_painting_all_of_it_would_be(kind: str) -> None:
    letters, scene = face(), a_scene(kind=kind)
    now = datetime(2026, 11, 23, 9, 59, tzinfo=VIETNAM)
    before, after = (
        pages(scene, Sheet(1280, 720, letters), moment)[0]
        for moment in (now, now + timedelta(minutes=1))
    )
    one, other = (Painter(pygame.Surface((1280, 720)), letters) for _ in range(2))
    one.paint(before)
    changed = one.repaint(before, after)
    other.paint(after)

    assert (pygame.surfarray.array2d(one.canvas) == pygame.surfarray.array2d(other.canvas)).all()
    assert changed
    assert one.repaint(after, after) == []


def a_ticker(text: str) -> tuple[Ticker, pygame.Surface]:
    band = TickerBand(Rect(0, 620, 1280, 100), text, Style(60), look.WHITE, look.BLACK)
    return Ticker(band, face()), pygame.Surface((1280, 720))


def test_a_ticker_moves_by_the_time_that_passed_and_comes_round() -> None:
    ticker, _ = a_ticker(VI * 4)

    assert ticker.moves
    assert ticker.offset(0) == 0
    assert ticker.offset(13_000) == 1280
    assert max(ticker.offset(ms) for ms in range(0, 600_000, 500)) >= ticker.length


def test_a_tickers_strips_join_without_a_seam_and_stay_in_the_band() -> None:
    """The letters that cross from strip to strip look like those drawn in one piece."""
    ticker, surface = a_ticker("mưa bão · " * 60)
    elapsed = 14_300  # the seam at 2048 px is in view
    left = ticker.offset(elapsed)
    ticker.draw(surface, elapsed)
    whole = pygame.Surface((ticker.length, 100))
    whole.fill(look.BLACK)
    face().draw(whole, ticker.band.text.strip(), (0, 5), Style(60), look.WHITE)
    straight = pygame.surfarray.array3d(whole)[left : left + 1280, :, 0].astype(np.int64)
    seen = pygame.surfarray.array3d(surface)[:, :, 0].astype(np.int64)

    assert left < 2048 - 100 < left + 1100
    assert not seen[:, :620].any()
    assert np.abs(seen[:, 620:] - straight).mean() < 2
    assert straight.mean() > 20


def test_a_ticker_that_fits_stands_still_in_the_middle() -> None:
    ticker, surface = a_ticker("Họp ấp tối nay")
    ticker.draw(surface, 5000)
    lit = np.where((pygame.surfarray.array3d(surface)[:, :, 0] > 128).any(axis=1))[0]

    assert not ticker.moves
    assert abs((lit.min() + lit.max()) // 2 - 640) < 12


# The fonts


def drawn(text: str, style: Style) -> NDArray[np.bool_]:
    """Ink, with as much room again above and below the line's box."""
    pygame.font.init()
    face = Typeface(FONTS)
    height = face.height(style)
    surface = pygame.Surface((face.width(text, style) + 40, 3 * height))
    surface.fill((255, 255, 255))
    face.draw(surface, text, (20, height), style, (0, 0, 0))
    dark: NDArray[np.bool_] = pygame.surfarray.array3d(surface)[:, :, 0] < 128
    return dark


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize(
    "text",
    ["ẾỀỄỘỖỮẴẶ gỹjpq", "Ê̆ Ô̆ Ư̆ ê̆ ô̆ ŏ ư̆ â", KM.replace("\u200b", ""), "ស្ត្រី ឃ្លាំង ញ៉ាំ បន្ទាន់ 2026"],
    ids=["vietnamese", "stieng", "khmer", "khmer stacks"],
)
def test_all_ink_of_a_line_is_in_its_box(text: str, bold: bool) -> None:  # noqa: FBT001
    style = Sheet(1920, 1080, Typeface(FONTS)).style(90, text, bold=bold)
    seen = drawn(text, style)
    height = seen.shape[1] // 3

    assert seen[:, height : 2 * height].any()
    assert not seen[:, :height].any()
    assert not seen[:, 2 * height :].any()


def test_khmer_is_shaped() -> None:
    """Shaped, the subscript of ស្ត stands under its letter and the coeng sign is not drawn: the
    word is narrower than its letters one by one, and deeper than its base letter."""
    style = Sheet(1920, 1080, Typeface(FONTS)).style(90, "ស")
    bare = pygame.font.Font(FONTS / "NotoSansKhmer-Regular.ttf", 90)
    white = _on_white(bare.render("ស្ត្រី", True, (0, 0, 0)))  # noqa: FBT003 - it takes no names
    unshaped = pygame.surfarray.array3d(white)[:, :, 0] < 128
    shaped = drawn("ស្ត្រី", style)

    def span(seen: NDArray[np.bool_], axis: int) -> int:
        places = np.where(seen.any(axis=axis))[0]
        return int(places.max() - places.min())

    assert span(shaped, 1) < 0.8 * span(unshaped, 1)
    assert span(shaped, 0) > 1.3 * span(drawn("ស", style), 0)


def _on_white(ink_only: pygame.Surface) -> pygame.Surface:
    ground = pygame.Surface(ink_only.get_size())
    ground.fill((255, 255, 255))
    ground.blit(ink_only, (0, 0))
    return ground


@pytest.mark.parametrize(("letter", "base"), [("ê̆", "ê"), ("ô̆", "ô"), ("ư̆", "ư"), ("ŏ", "o")])
def test_stieng_marks_stand_above_their_letter(letter: str, base: str) -> None:
    style = Style(90)
    marked, plain = drawn(letter, style), drawn(base, style)

    assert np.argmax(marked.any(axis=0)) < np.argmax(plain.any(axis=0))
    columns = np.where((drawn(letter, style)[:, : np.argmax(plain.any(axis=0))]).any(axis=1))[0]
    body = np.where(plain.any(axis=1))[0]
    assert body.min() - 12 <= columns.min()
    assert columns.max() <= body.max() + 12


def test_neighbouring_scripts_share_a_baseline() -> None:
    """A run with a high mark must not push its own letters down."""
    style = Style(90)

    def foot(text: str) -> int:
        return int(np.where(drawn(text, style).any(axis=0))[0].max())

    assert foot("Ê̆x") == foot("x")
    assert foot("xខ") >= foot("x")


def test_a_missing_font_is_named(tmp_path: Path) -> None:
    with pytest.raises(FontsError, match=r"NotoSans-Regular\.ttf"):
        Typeface(tmp_path)


@pytest.mark.parametrize("size", ["1920x1080", "1280x720", "1024x768"])
def test_a_phone_reads_the_claim_from_the_screen(size: str, tmp_path: Path) -> None:
    address = "https://loa.tanquan.example.vn/nodes/new?code=7K2M9QXPC4TDH0VA"
    said = "7K2M 9QXP C4TD H0VA\nNhập mã tại loa.tanquan.example.vn/nodes/new\nChờ cán bộ nhận."
    screen = Screen(tmp_path, size=size)
    agent = screen.start()
    agent.show(a_scene_message(kind="claim", title={"vi": "Mã"}, text={"vi": said}, qr=address))

    told = subprocess.run(
        ["zbarimg", "-q", "--raw", str(agent.picture(tmp_path / "claim.png"))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert told.stdout.strip() == address
    assert screen.end() == 0
