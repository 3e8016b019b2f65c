"""Lines of a page, or paragraphs of a document, as somebody would type them into a form. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from loa_server.media.words import composed

PAGE_NUMBER = re.compile(r"(?:trang|page)?\s*[-–—]?\s*\d{1,4}\s*(?:/\s*\d{1,4})?\s*[-–—]?", re.I)
BEGINS_ANEW = re.compile(
    r"[-–—+•*●▪]\s|\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-zđ]|[IVX]{1,5})[.)]\s"
    r"|(?:Điều|Chương|Mục|Khoản|Phần)\s+[\dIVX]"
)
ENDS = (".", "!", "?", ":", ";", "…")
NARROW = 60  # characters: no column of an office's paper is narrower
SHORT = 0.75
"""Of the widest line: one that is shorter and after which something begins has ended."""


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


def _tidy(paragraphs: Iterable[str]) -> str:
    one_spaced = (re.sub(r"[^\S\n]+", " ", each.replace("\u00ad", "")) for each in paragraphs)
    return composed("\n".join(each.strip() for each in one_spaced if each.strip()))
