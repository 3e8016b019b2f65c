"""What the agent wants people to see, read from its `show` message or refused whole.

A scene that cannot be read is Unreadable and the last good one stays on the screen: half a
message in public is worse than an old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from loa_node.screen.fields import FieldError, Fields

LONGEST = {"id": 200, "title": 600, "text": 12_000, "ticker": 4_000, "qr": 400}
LONGEST |= dict.fromkeys(("place", "unit"), 200)
MOST_IMAGES = 16
MOST_LANGUAGES = 8


class Kind(StrEnum):
    IDLE = "idle"
    DARK = "dark"  # at rest in the hours when nobody looks: all black
    BULLETIN = "bulletin"
    EMERGENCY = "emergency"
    DRILL = "drill"
    CLAIM = "claim"  # the first line is the code that is typed into the console
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Panel:
    """One language's share of the screen."""

    language: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    id: str
    kind: Kind = Kind.IDLE
    panels: tuple[Panel, ...] = ()
    images: tuple[str, ...] = ()
    ticker: str = ""
    place: str = ""
    unit: str = ""
    seconds: int = 0  # the least time a page stays; 0 is as long as it takes to read
    level: str = "normal"
    until_ms: int | None = None
    qr: str = ""  # what a phone reads: where to type a claim, where to answer back
    online: bool = True
    clock_ok: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    why: str


def parse(raw: object) -> Scene | Unreadable:
    """`raw` is the value of "scene" in the message, straight from JSON: anything at all."""
    try:
        return _scene(Fields(raw, LONGEST))
    except FieldError as e:
        return Unreadable(str(e))


def _scene(fields: Fields) -> Scene:
    kind = fields.one_of("kind", [k.value for k in Kind], "")
    return Scene(
        id=fields.text("id", required=True),
        kind=Kind(kind),
        panels=_panels(
            fields.texts("title", MOST_LANGUAGES),
            fields.texts("text", MOST_LANGUAGES),
            fields.names("languages", MOST_LANGUAGES),
        ),
        images=fields.paths("images", MOST_IMAGES),
        ticker=" • ".join(fields.text("ticker").split("\n")),
        place=fields.line("place"),
        unit=fields.line("unit"),
        seconds=fields.number("seconds", 0, 3600) or 0,
        level=fields.one_of("level", ["normal", "priority", "emergency"], "normal"),
        until_ms=fields.number("until_ms", 0, 2**53),
        qr=fields.line("qr"),
        online=fields.flag("online", default=True),
        clock_ok=fields.flag("clock_ok", default=False),
    )


def _panels(
    titles: dict[str, str], texts: dict[str, str], languages: tuple[str, ...]
) -> tuple[Panel, ...]:
    """In the order of `languages`; without one, in the order they were written."""
    order = dict.fromkeys(languages or (*titles, *texts))
    panels = (Panel(name, titles.get(name, ""), texts.get(name, "")) for name in order)
    return tuple(panel for panel in panels if panel.title or panel.text)
