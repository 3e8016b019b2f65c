"""Text as the screens can show it: composed, within our fonts, Khmer with places to break a line.

A kiosk has no spelling rules and no dictionary: whatever it needs is put into the text here,
before approval, so what is signed is what is shown.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from loa_server.media import icu
from loa_server.media.refusal import MediaRefusedError

ZERO_WIDTH_SPACE = "\u200b"
# Layout and joining: never drawn, so no font needs them.
INVISIBLE = frozenset(map(ord, "\n\t \u200b\u200c\u200d\u2060"))
NAMED = 8
KHMER = re.compile(r"[\u1780-\u17dd\u17e0-\u17e9\u200b]+")
# A consonant or independent vowel opens a syllable unless the sign ្ stacks it under the one before.
SYLLABLE = re.compile(r"(?<=[\u1780-\u17dd])(?<!\u17d2)(?=[\u1780-\u17b3])")

Breaks = Callable[[str], list[int]]


def composed(text: str) -> str:
    """NFC, one kind of line end, no stray spaces at line ends."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in lines.split("\n")).strip()


def shown(text: str) -> str:
    """What goes into a bulletin, in any language: composed, Khmer runs with line breaks."""
    return khmer_breaks(composed(text))


@functools.cache
def characters_of(fonts: Path) -> frozenset[int]:
    """Every character that some font in the folder draws. Fonts change only with a release."""
    found: set[int] = set()
    for file in sorted(fonts.glob("*.ttf")):
        with TTFont(file, lazy=True) as font:
            found |= set(font.getBestCmap() or {})
    return frozenset(found)


def missing(text: str, characters: frozenset[int]) -> list[str]:
    """The characters of `text` that would come out as boxes, in the order they appear.

    Invisible controls count as missing even where a font has them: one that turns the reading
    direction round shows another text than the approver read.
    """
    wanted = dict.fromkeys(unicodedata.normalize("NFC", text))
    return [c for c in wanted if ord(c) not in INVISIBLE and not _drawn(c, characters)]


def _drawn(character: str, characters: frozenset[int]) -> bool:
    return ord(character) in characters and not unicodedata.category(character).startswith("C")


def refuse_uncovered(text: str, fonts: Path) -> None:
    """Raises MediaRefusedError naming the characters that the node's fonts cannot show."""
    lacking = missing(text, characters_of(fonts))
    if lacking:
        raise MediaRefusedError("uncovered", characters=", ".join(_names(lacking)))


def _names(characters: list[str]) -> list[str]:
    names = [
        f"{c} (U+{ord(c):04X})" if c.isprintable() else f"U+{ord(c):04X}"
        for c in characters[:NAMED]
    ]
    return [*names, "…"] if len(characters) > NAMED else names


def khmer_breaks(text: str, breaks: Breaks | None = None) -> str:
    """U+200B between Khmer words; what the author put there stays, and doing it twice adds none."""
    find = breaks or dictionary_breaks()
    return KHMER.sub(lambda run: _broken(run.group(), find), text)


def _broken(run: str, find: Breaks) -> str:
    at = [0, *find(run), len(run)]
    words = (run[a:b].strip(ZERO_WIDTH_SPACE) for a, b in itertools.pairwise(at))
    inside = ZERO_WIDTH_SPACE.join(w for w in words if w)
    head = ZERO_WIDTH_SPACE if run.startswith(ZERO_WIDTH_SPACE) else ""
    tail = ZERO_WIDTH_SPACE if run.endswith(ZERO_WIDTH_SPACE) and inside else ""
    return head + inside + tail


@functools.cache
def dictionary_breaks() -> Breaks:
    """ICU's dictionary; without it syllables, which never overflow but may split a word."""
    try:
        return icu.LineBreaks("km")
    except icu.IcuMissingError:
        return syllable_breaks


def syllable_breaks(text: str) -> list[int]:
    """Offsets before each Khmer syllable cluster but the first."""
    return [found.start() for found in SYLLABLE.finditer(text)]
