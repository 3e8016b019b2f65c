"""A bulletin as the hamlets' screens will show it, drawn by the node's own program in the cage."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from fakes.paper import WORDS, a_draft, a_published
from fakes.scenes import KM, STI
from fakes.town import Town
from fakes.wire import NOW, a_bulletin, an_assignment, some_settings
from loa_server.bulletins import services
from loa_server.bulletins.models import Bulletin, Media, Picture, Revision
from loa_server.console import doors, onenode, screens
from loa_server.console.prepare import shelf_path
from loa_server.console.week import House
from loa_server.fleet.models import Node
from loa_server.media import screen
from loa_wire.limits import DAY_MS

pytestmark = pytest.mark.parts
Seat = Callable[..., Client]
ROOT = Path(__file__).parents[3]
TICKING = replace(WORDS, ticker="Nhớ mang sổ tiêm")


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`loa-node` of this very tree, whichever one is installed beside the interpreter."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "loa-node"
    paths = [str(ROOT / "node"), str(ROOT / "content")]
    script.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[:0] = {paths!r}\n"
        "from loa_node.__main__ import main\nsys.exit(main())\n"
    )
    script.chmod(0o755)
    _set(monkeypatch, str(script))


def _set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    media = replace(settings.LOA.media, preview=name)
    monkeypatch.setattr(settings, "LOA", replace(settings.LOA, media=media))


def a_draft_in_three(town: Town) -> Bulletin:
    words = replace(
        WORDS,
        title={"vi": "Tiêm sởi", "km": KM, "sti": STI},
        text={"vi": "Bảy giờ sáng.", "km": KM, "sti": STI},
    )
    return a_draft(town.author, town.commune, town.hamlet, words=words)


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body)).convert("RGB")


def body_of(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[arg-type]


def test_each_language_has_its_pages_and_none_looks_like_another(town: Town, seat: Seat) -> None:
    draft = a_draft_in_three(town)
    client = seat(town.author)

    page = client.get(f"/bulletins/{draft.id}/screen").content.decode()
    pictures = [body_of(client, f"/bulletins/{draft.id}/screen/{n}.png") for n in (1, 2, 3)]

    assert all(name in page for name in ("Tiếng Việt", "Khmer", "Xtiêng"))
    assert len(set(pictures)) == 3
    for body in pictures:
        picture = opened(body)
        assert picture.size == (960, 540)
        assert len(picture.getcolors(1 << 20) or []) > 50  # letters, not an empty ground


def test_they_are_drawn_once_and_anew_when_a_word_changes(town: Town, seat: Seat) -> None:
    draft = a_draft_in_three(town)
    client = seat(town.author)
    client.get(f"/bulletins/{draft.id}/screen")
    first = screens.drawn_before(draft)
    assert first is not None

    client.get(f"/bulletins/{draft.id}/screen")
    Bulletin.objects.update(title={"vi": "Tiêm bại liệt"})
    draft.refresh_from_db()

    assert screens.drawn_before(draft) is None
    client.get(f"/bulletins/{draft.id}/screen")
    again = screens.drawn_before(draft)
    assert again is not None
    assert again.folder != first.folder


def test_what_was_submitted_is_shown_from_its_very_bytes(town: Town, seat: Seat) -> None:
    draft = a_draft_in_three(town)
    done = services.submit(draft.id, town.author, draft.changed_at)
    assert isinstance(done, Revision)
    client = seat(town.approver)
    before = body_of(client, f"/bulletins/{draft.id}/screen/1.png")

    Bulletin.objects.update(title={"vi": "Một dòng ai đó viết vào cơ sở dữ liệu"})

    assert body_of(client, f"/bulletins/{draft.id}/screen/1.png") == before


def test_its_pictures_stand_in_it(town: Town, seat: Seat) -> None:
    draft = a_draft_in_three(town)
    red = io.BytesIO()
    Image.new("RGB", (400, 300), "red").save(red, "JPEG")
    sha256 = "cd" * 32
    shelf_path(sha256).parent.mkdir(parents=True, exist_ok=True)
    shelf_path(sha256).write_bytes(red.getvalue())
    made = Media.objects.create(
        sha256=sha256, bytes=1, type="image/jpeg", origin="upload", made_at=draft.created_at,
        width=400, height=300,
    )  # fmt: skip
    Picture.objects.create(bulletin=draft, media=made)
    client = seat(town.author)
    client.get(f"/bulletins/{draft.id}/screen")
    found = screens.drawn_before(draft)
    assert found is not None

    def reds(number: int) -> int:
        picture = opened((found.folder / f"{number}.png").read_bytes())
        colours = picture.getcolors(1 << 20) or []
        return sum(count for count, (r, g, b) in colours if r > 220 and g < 60 and b < 60)  # type: ignore[misc, str-unpack]

    assert max(reds(n) for n in range(1, len(found.pages) + 1)) > 5000


def test_a_stranger_sees_nothing_of_it(town: Town, seat: Seat) -> None:
    draft = a_draft_in_three(town)

    assert seat(town.stranger).get(f"/bulletins/{draft.id}/screen").status_code == 404
    assert seat(town.stranger).get(f"/bulletins/{draft.id}/screen/1.png").status_code == 404
    assert seat(None).get(f"/bulletins/{draft.id}/screen/1.png").status_code == 302


def test_a_nodes_page_shows_what_stands_on_its_screen(
    town: Town, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "STEP", 10 * DAY_MS)  # the clock does not go on meanwhile
    client = seat(town.author)
    assert "wall.png" not in client.get("/fleet/node-1").content.decode()  # never heard of yet
    Node.objects.update(seen_at=datetime.now(UTC), online=False)
    page = client.get("/fleet/node-1").content.decode()
    assert "chưa ai biết chắc" in page
    found = re.search(r'src="(/fleet/node-1/wall.png\?of=\w+)"', page)
    assert found is not None

    resting = body_of(client, found[1])
    assert client.get(found[1]).headers["Cache-Control"] == "private, max-age=864000"
    a_published(town.author, town.approver, town.commune, town.hamlet, words=TICKING)
    running = body_of(client, found[1])
    assert client.get(found[1]).headers["Cache-Control"] == "private, max-age=0"

    assert opened(resting).size == (960, 540)
    assert len(opened(resting).getcolors(1 << 20) or []) > 50  # clock and place, not empty
    foot = (0, 500, 960, 540)
    assert opened(resting).crop(foot).tobytes() != opened(running).crop(foot).tobytes()
    assert seat(town.stranger).get("/fleet/node-1/wall.png").status_code == 404
    assert seat(None).get("/fleet/node-1/wall.png").status_code == 302


def test_an_alarm_stands_on_the_nodes_picture_until_its_end(tmp_path: Path) -> None:
    """Also when nothing is being said, and in words of the language that the node prefers."""
    house = House(
        "node-1",
        an_assignment(iat=0, place="Ấp 1"),
        some_settings(iat=0, languages=["km", "vi"]),
        [
            a_bulletin(
                level="emergency", title={"vi": "Lũ lên", "km": KM}, text={"vi": "!", "km": KM}
            )
        ],
        {},
    )
    runs = screen.program(settings.LOA.media.preview)
    assert runs is not None

    for now, language in ((NOW, "km"), (NOW + 10 * DAY_MS, "")):
        shown = onenode.on_screen(house, None, now)
        asked = screens.of_node(house, shown, now, online=True)
        (page,) = screen.draw(runs, asked, [], tmp_path)
        reds = opened((tmp_path / "1.png").read_bytes()).resize((96, 54)).getcolors(10_000) or []
        red = sum(count for count, (r, g, b) in reds if r > 120 and g < 60 and b < 60)  # type: ignore[misc, str-unpack]
        assert (page.language, red > 100) == (language, bool(language))


def test_without_the_program_a_nodes_page_has_words_alone(
    town: Town, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, "")
    Node.objects.update(seen_at=datetime.now(UTC), online=True)

    page = seat(town.author).get("/fleet/node-1").content.decode()

    assert "Đồng hồ và tên nơi" in page
    assert "wall.png" not in page
    assert seat(town.author).get("/fleet/node-1/wall.png").status_code == 404


def test_the_pages_of_author_and_approver_show_the_first(town: Town, seat: Seat) -> None:
    draft = a_draft_in_three(town)
    check = seat(town.author).get(f"/bulletins/{draft.id}/check").content.decode()
    services.submit(draft.id, town.author, draft.changed_at)
    review = seat(town.approver).get(f"/approve/{draft.id}").content.decode()

    for page in (check, review):
        assert f'src="/bulletins/{draft.id}/screen/1.png"' in page


def test_without_the_program_the_page_says_what_to_install(
    town: Town, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = a_draft_in_three(town)
    _set(monkeypatch, "")
    client = seat(town.author)

    for address in (f"/bulletins/{draft.id}/screen", f"/bulletins/{draft.id}/check"):
        page = client.get(address).content.decode()
        assert "gói loa-node" in page
        assert "screen/1.png" not in page


def test_a_program_that_fails_stops_nobody(
    town: Town, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = a_draft_in_three(town)
    _set(monkeypatch, "/usr/bin/false")

    answer = seat(town.author).get(f"/bulletins/{draft.id}/screen")

    assert answer.status_code == 200
    assert "Chưa vẽ được" in answer.content.decode()
    assert seat(town.author).get(f"/bulletins/{draft.id}/screen/1.png").status_code == 404


def test_who_asks_without_end_is_drawn_nothing_more(
    town: Town, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = a_draft_in_three(town)
    monkeypatch.setattr(doors, "looks_much", lambda _person: True)

    seat(town.author).get(f"/bulletins/{draft.id}/screen")

    assert screens.drawn_before(draft) is None
    assert not doors.busy(town.author)  # they may still send a file


def test_the_program_beside_the_interpreter_is_found_first() -> None:
    beside = Path(sys.executable).parent / "loa-node"

    assert screen.program("loa-node") == (beside if beside.exists() else None)
    assert screen.program("") is None
    assert screen.program("no-such-program-anywhere") is None
