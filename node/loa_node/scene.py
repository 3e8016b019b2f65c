"""What the screen should show, as the message the screen program understands. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from loa_node.outlets import Scene
from loa_wire import localtime
from loa_wire.bulletin import Bulletin
from loa_wire.place import Assignment, Settings
from loa_wire.resting import ticker_of


def languages(bulletin: Bulletin, settings: Settings) -> list[str]:
    """In the node's order; if it has none of them, as the district wrote them."""
    written = list(bulletin.text) or list(bulletin.title)
    wanted = [lang for lang in settings.languages if lang in written]
    if settings.language_mode == "first":
        return (wanted or written)[:1]
    return wanted or written


def bulletin_scene(
    occurrence: str,
    bulletin: Bulletin,
    settings: Settings,
    place: dict[str, object],
    images: Sequence[str],
) -> Scene:
    shown = languages(bulletin, settings)
    return {
        "id": occurrence,
        "kind": _kind(bulletin),
        "title": {lang: bulletin.title[lang] for lang in shown if lang in bulletin.title},
        "text": {lang: bulletin.text[lang] for lang in shown if lang in bulletin.text},
        "languages": shown,
        "images": list(images),
        "ticker": bulletin.screen.ticker,
        "seconds": bulletin.screen.seconds,
        "level": bulletin.level,
        "until_ms": bulletin.exp,
        "qr": settings.answer_at,
        **place,
    }


def is_dark(settings: Settings, now_ms: int, *, clock_ok: bool) -> bool:
    """Off when idle: within these hours, by a clock to trust, a screen at rest shows nothing."""
    return clock_ok and localtime.window_end(settings.screen_off, now_ms) is not None


def resting_scene(
    bulletins: Sequence[Bulletin],
    settings: Settings,
    place: dict[str, object],
    *,
    dark: bool = False,
) -> Scene:
    """Nothing is being said: clock, place, and what runs along the foot of the screen."""
    return {
        "id": "rest",
        "kind": "dark" if dark else "idle",
        "title": {},
        "text": {},
        "languages": [],
        "images": [],
        "ticker": ticker_of(bulletins),
        "seconds": 0,
        "level": "normal",
        "until_ms": None,
        "qr": settings.answer_at,
        **place,
    }


def name_scene(node: str, settings: Settings, place: dict[str, object]) -> Scene:
    """Which node this is, for whoever stands before it."""
    called = str(place["unit"] or place["place"] or node)
    return {
        **resting_scene([], settings, place),
        "id": "identify",
        "kind": "bulletin",
        "title": {"vi": called},
        "text": {"vi": f"{place['place']}\n{node}"},
        "languages": ["vi"],
        "seconds": 30,
    }


def surroundings(
    assignment: Assignment | None, settings: Settings, *, online: bool, clock_ok: bool
) -> dict[str, object]:
    names = [area.name for area in assignment.areas[:1]] if assignment else []
    place = (assignment.place if assignment else "") or "".join(names)
    return {
        "place": place,
        "unit": settings.display_name,
        "online": online,
        "clock_ok": clock_ok,
    }


def _kind(bulletin: Bulletin) -> str:
    if bulletin.kind == "drill":
        return "drill"
    alarm = bulletin.level == "emergency" and bulletin.kind == "play"
    return "emergency" if alarm else "bulletin"
