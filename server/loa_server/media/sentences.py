"""Lines of a page, or paragraphs of a document, as somebody would type them into a form. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from loa_server.media.words import INVISIBLE, composed

PAGE_NUMBER = re.compile(r"(?:trang|page)?\s*[-–—]?\s*\d{1,4}\s*(?:/\s*\d{1,4})?\s*[-–—]?", re.I)
BEGINS_ANEW = re.compile(
    r"[-–—+•*●▪]\s|\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-zđ]|[IVX]{1,5})[.)]\s"
    r"|(?:Điều|Chương|Mục|Khoản|Phần)\s+[\dIVX]"
)
ENDS = (".", "!", "?", ":", ";", "…")
NARROW = 60  # characters: no column of an office's paper is narrower
SHORT = 0.75
"""Of the widest line: one that is shorter and after which something begins has ended."""


BULLETS = dict.fromkeys(map(ord, "\uf0b7\uf0a7\uf02d\uf0d8\uf0fc\uf076•▪●"), "-")
"""Word's own symbols are no characters: no font but Word's draws them."""
OLD_FONTS = (
    re.compile(r"(?<=[A-Za-z])[\u00a8-\u00ac\u00ae\u00b5-\u00bf]|[\u00a8-\u00ae](?=[a-z])"),
    re.compile(r"a[ùøûõïâêáàåãäéèúüë]|o[äâøùûï]|e[äâùøûõï]|ö[ôùøûõï]", re.I),
)
MANY = 4


def from_paragraphs(paragraphs: Iterable[str]) -> str:
    return _tidy(paragraphs)


def from_lines(pages: Sequence[str]) -> str:
    """Lines that a page's width broke are joined, page numbers dropped, paragraphs kept."""
    lines = [line for page in pages for line in _without_number(page.split("\n"))]
    widest = max(NARROW, *(len(line) for line in lines), 0)
    found: list[str] = []
    last = ""  # the line before; empty: a paragraph has ended
    for line in lines:
        goes_on = last and not _ended(last, line, widest) and not BEGINS_ANEW.match(line)
        if line and goes_on:
            found[-1] = f"{found[-1]} {line}"
        elif line:
            found.append(line)
        last = line
    return _tidy(found)


def _plain(text: str) -> str:
    """Without what has no shape: soft hyphens, direction marks, control characters."""
    return "".join(
        letter
        for letter in text.translate(BULLETS)
        if ord(letter) in INVISIBLE or not unicodedata.category(letter).startswith("C")
    )


def _ended(line: str, following: str, widest: int) -> bool:
    said = line.endswith(ENDS) or following[:1].isupper()
    return said and len(line) < SHORT * widest


def _without_number(lines: Sequence[str]) -> list[str]:
    """A number alone in a page's first or last line with words; blank lines around it go too."""
    stripped = [line.strip() for line in lines]
    filled = [n for n, line in enumerate(stripped) if line]
    ends = {filled[0], filled[-1]} if filled else set()
    numbers = {n for n in ends if PAGE_NUMBER.fullmatch(stripped[n])}
    kept = [n for n in filled if n not in numbers]
    return stripped[kept[0] : kept[-1] + 1] if kept else []


def in_an_old_font(text: str) -> bool:
    """Typed for .VnTime or VNI-Times: letters that only those fonts make Vietnamese. In Unicode
    none of these pairs is ever written."""
    return any(len(pairs.findall(text)) >= MANY for pairs in OLD_FONTS)


def _tidy(paragraphs: Iterable[str]) -> str:
    one_spaced = (re.sub(r"[^\S\n]+", " ", _plain(each)) for each in paragraphs)
    return composed("\n".join(each.strip() for each in one_spaced if each.strip()))
