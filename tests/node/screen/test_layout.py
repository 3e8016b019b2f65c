"""No box leaves the screen or lies on another, and every word is on some page, whatever comes."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.examples import examples
from fakes.ruler import FakeRuler
from fakes.scenes import KM, STI, VI, a_scene
from loa_node.screen import look
from loa_node.screen.boxes import Dots, Modules, Page, Picture, Triangle, Words
from loa_node.screen.layout import pages
from loa_node.screen.scene import Kind, Scene
from loa_node.screen.sheet import Sheet
from loa_node.screen.words import VIETNAM

NOW = datetime(2026, 11, 23, 16, 45, tzinfo=VIETNAM)
SIZES = [(1920, 1080), (1280, 720), (1024, 768), (800, 600), (3840, 2160)]
LANGUAGES = {"vi": VI, "km": KM, "sti": STI, "en": "Bring the book", "cmo": "A"}

scenes = st.builds(
    a_scene,
    kind=st.sampled_from([kind.value for kind in Kind]),
    title=st.dictionaries(
        st.sampled_from(sorted(LANGUAGES)), st.sampled_from(["Họp ấp", VI, KM, STI, "x" * 300])
    ),
    text=st.dictionaries(
        st.sampled_from(sorted(LANGUAGES)),
        st.sampled_from(["19 giờ", VI, VI * 5, KM * 6, "x" * 900]),
    ),
    languages=st.just([]),
    images=st.sampled_from([[], ["/a.png"], ["/a.png", "/b.png", "/c.png"]]),
    ticker=st.sampled_from(["", "Giá mủ hôm nay", VI * 3]),
    place=st.sampled_from(["", "Ấp 3, xã Tân Quan", "Sóc Bù Dốp " * 12, KM]),
    unit=st.sampled_from(["", "UBND xã Tân Quan", "Ủy ban " * 20]),
    level=st.sampled_from(["normal", "priority"]),
    online=st.booleans(),
    qr=st.sampled_from(["", "https://loa.tanquan.example.vn/y", "https://x.vn/" + "y" * 180]),
)


def laid_out(scene: Scene, size: tuple[int, int], now: datetime | None = NOW) -> tuple[Page, ...]:
    return pages(scene, Sheet(*size, FakeRuler()), now)


def foreground(page: Page) -> list[Words | Picture | Triangle | Dots | Modules]:
    kinds = Words | Picture | Triangle | Dots | Modules
    return [box for box in page.boxes if isinstance(box, kinds)]


@examples(50)
@given(scenes, st.sampled_from(SIZES), st.sampled_from([NOW, None]))
def test_nothing_leaves_the_screen_or_lies_on_another(
    scene: Scene, size: tuple[int, int], now: datetime | None
) -> None:
    for page in laid_out(scene, size, now):
        room = Sheet(*size, FakeRuler()).whole
        rects = [box.rect for box in foreground(page)] + ([page.ticker.rect] if page.ticker else [])
        assert all(rect.w > 0 and rect.h > 0 and room.holds(rect) for rect in rects)
        assert not any(one.meets(two) for one, two in combinations(rects, 2))


@examples(25)
@given(scenes, st.sampled_from(SIZES))
def test_lines_stay_inside_their_box(scene: Scene, size: tuple[int, int]) -> None:
    ruler = FakeRuler()
    for page in laid_out(scene, size):
        for box in page.written():
            last = box.rect.y + box.pitch * (len(box.lines) - 1) + ruler.height(box.style)
            assert last <= box.rect.bottom or not box.pitch
            assert all(ruler.width(line, box.style) <= box.rect.w for line in box.lines)


@examples(25)
@given(scenes, st.sampled_from(SIZES))
def test_every_word_and_every_picture_is_seen(scene: Scene, size: tuple[int, int]) -> None:
    if scene.kind in {Kind.IDLE, Kind.DARK}:
        return
    shown = laid_out(scene, size)

    seen = "".join(line for page in shown for box in page.written() for line in box.lines)
    for panel in scene.panels:
        for word in (panel.title + " " + panel.text).replace("\u200b", "").split()[:40]:
            assert word.replace(" ", "")[:8] in seen.replace(" ", "")
    pictures = {box.path for page in shown for box in page.boxes if isinstance(box, Picture)}
    assert pictures == set(scene.images)


@examples(25)
@given(scenes, st.sampled_from(SIZES))
def test_no_message_is_smaller_than_what_is_read_at_ten_metres(
    scene: Scene, size: tuple[int, int]
) -> None:
    sheet = Sheet(*size, FakeRuler())
    inks = (scene.panels and {look.BULLETIN.text, look.BULLETIN.title}) or set()
    for page in laid_out(scene, size):
        for box in page.written():
            assert box.style.size >= sheet.px(look.LEAST_LABEL)
            if box.ink in inks and box.ground == look.BULLETIN.ground:
                assert box.style.size >= sheet.px(look.LEAST_MESSAGE)


def test_a_short_text_is_set_larger_than_a_long_one() -> None:
    short = laid_out(a_scene(text={"vi": "19 giờ tối nay"}), SIZES[0])
    long = laid_out(a_scene(text={"vi": VI * 6}), SIZES[0])

    assert len(short) == 1
    assert len(long) > 1
    assert short[0].written()[-1].style.size > long[0].written()[-1].style.size


def test_two_languages_stand_side_by_side_and_on_4_to_3_one_above_the_other() -> None:
    scene = a_scene(title={}, text={"vi": "Tối nay", "km": KM}, languages=["km", "vi"])

    def places(size: tuple[int, int]) -> list[tuple[int, int]]:
        page = laid_out(scene, size)[0]
        return [(box.rect.x, box.rect.y) for box in page.written()[-2:]]

    (khmer, viet), (above, below) = places((1920, 1080)), places((1024, 768))
    assert khmer[0] < 960 < viet[0]
    assert above[0] == below[0]
    assert above[1] < below[1]


def test_a_page_stays_as_long_as_it_takes_to_read_and_no_less_than_asked() -> None:
    short = laid_out(a_scene(text={"vi": "Tối nay"}), SIZES[0])[0].seconds
    long = laid_out(a_scene(), SIZES[0])[0].seconds
    asked = laid_out(a_scene(seconds=40), SIZES[0])[0].seconds

    assert short < long < asked == 40


def test_a_clock_that_may_be_wrong_is_not_shown() -> None:
    for kind in Kind:
        scene = a_scene(kind=kind.value, title={"vi": "Họp"}, text={"vi": "Tối"})
        words = [
            line
            for page in laid_out(scene, SIZES[0], None)
            for b in page.written()
            for line in b.lines
        ]
        assert not any("16:45" in line or "2026" in line for line in words)


def test_in_dark_hours_the_screen_makes_no_light() -> None:
    (page,) = laid_out(a_scene(kind="dark", ticker=VI, qr=ADDRESS), SIZES[0])

    assert (page.ground, page.boxes, page.ticker) == (look.DARK, (), None)


@pytest.mark.parametrize("size", SIZES)
def test_a_bulletin_ends_with_the_code_to_answer_back_and_an_alarm_never(
    size: tuple[int, int],
) -> None:
    *said, answer = laid_out(a_scene(qr=ADDRESS), size)
    alarm = laid_out(a_scene(kind="emergency", qr=ADDRESS), size)
    drill = laid_out(a_scene(kind="drill", qr=ADDRESS), size)

    (code,) = [box for box in answer.boxes if isinstance(box, Modules)]
    assert said
    assert code.rect.h * 3 > size[1]
    assert not any(isinstance(b, Modules) for p in (*said, *alarm, *drill) for b in p.boxes)


def test_two_languages_of_a_line_a_page_take_turns_instead() -> None:
    """On 4:3 an alarm in two languages was three pages of one line each."""
    texts = {"vi": VI, "km": KM * 3}
    both = a_scene(kind="emergency", title={"vi": "Lũ"}, text=texts, languages=["vi", "km"])

    assert len(laid_out(both, (1024, 768))) <= 3


def test_a_new_minute_changes_the_clock_and_nothing_else() -> None:
    before = laid_out(a_scene(), SIZES[0])
    after = laid_out(a_scene(), SIZES[0], NOW.replace(minute=46))

    changed = set(after[0].boxes) - set(before[0].boxes)
    assert [box.lines for box in changed if isinstance(box, Words)] == [("16:46",)]
    assert len(changed) == 1


def test_an_alarm_and_a_drill_differ_in_word_colour_and_sign() -> None:
    alarm = laid_out(a_scene(kind="emergency"), SIZES[0])
    drill = laid_out(a_scene(kind="drill"), SIZES[0])

    for page in alarm:
        assert any(isinstance(box, Triangle) for box in page.boxes)
        assert "KHẨN CẤP" in page.written()[0].lines
    for page in drill:
        assert not any(isinstance(box, Triangle) for box in page.boxes)
        said = [line for box in page.written() for line in box.lines]
        assert {"DIỄN TẬP", "Đây là diễn tập, không phải báo động thật"} <= set(said)
    assert alarm[0].ground != drill[0].ground


def contrast(one: look.Colour, two: look.Colour) -> float:
    """WCAG 2 relative luminance."""

    def light(colour: look.Colour) -> float:
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    "one", [look.BULLETIN, look.EMERGENCY, look.DRILL, look.MESSAGE, look.CLAIM]
)
def test_text_stands_out_from_its_ground(one: look.Look) -> None:
    pairs = [(one.text, one.ground), (one.title, one.ground), (one.band_ink, one.band)]

    assert all(contrast(ink, ground) >= 7 for ink, ground in pairs)
    assert contrast(one.band_soft, one.band) >= 4.5
    assert contrast(look.BLACK, look.SIGNAL) >= 7


CODE = "7K2M 9QXP C4TD H0VA"
ADDRESS = "https://loa.tanquan.example.vn/nodes/new?code=7K2M9QXPC4TDH0VA"


def a_claim(**changes: str) -> Scene:
    said = {"vi": f"{CODE}\nNhập mã tại loa.tanquan.example.vn\nĐang chờ cán bộ nhận."}
    return a_scene(
        **{"kind": "claim", "title": {"vi": "Mã"}, "text": said, "qr": ADDRESS} | changes
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("qr", ["", ADDRESS])
def test_a_claim_is_one_page_with_its_whole_code_larger_than_anything_else(
    size: tuple[int, int], qr: str
) -> None:
    (page,) = laid_out(a_claim(qr=qr), size)
    code = max(page.written(), key=lambda box: box.style.size)

    assert " ".join(code.lines) == CODE
    assert code.style.size >= Sheet(*size, FakeRuler()).px(look.LEAST_MESSAGE)
    assert any("chờ cán bộ" in line for box in page.written() for line in box.lines)


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_for_a_phone_lies_on_nothing_and_has_its_quiet_zone(
    size: tuple[int, int],
) -> None:
    (page,) = laid_out(a_claim(), size)
    (qr,) = [box for box in page.boxes if isinstance(box, Modules)]

    assert Sheet(*size, FakeRuler()).whole.holds(qr.rect)
    assert not any(qr.rect.meets(box.rect) for box in page.written())
    assert qr.rect.w // len(qr.rows) >= 2
    assert not any("1" in row for row in (*qr.rows[:4], *qr.rows[-4:]))
