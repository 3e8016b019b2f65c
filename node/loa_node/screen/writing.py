"""How text is cut for drawing: script runs, letters with their marks, lines. Pure.

Khmer has no spaces between words: the server puts U+200B there when a bulletin is approved, and
lines break only there. A word wider than the line is cut between letters, never inside one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

ZWSP = "\u200b"
_COENG = "\u17d2"  # the Khmer letter after it is written under the one before
_JOINERS = "\u200c\u200d"
# A line never starts with these, wherever a break was allowed.
_NEVER_FIRST = set("។៕ៗ៖,.;:!?)]}»”’…%")
_DASHES = {"-", "–", "—"}


class Script(StrEnum):
    LATIN = "Latn"
    KHMER = "Khmr"


def tidy(text: str) -> str:
    """NFC; without control, direction and private characters; one space where there were many."""
    kept = "".join(_kept(c) for c in unicodedata.normalize("NFC", text))
    lines = (re.sub(r" {2,}", " ", line).strip(" ") for line in kept.split("\n"))
    return "\n".join(line for line in lines if line.strip(ZWSP))


def _kept(c: str) -> str:
    if c in "\n\u2028\u2029":
        return "\n"
    if c == "\t":
        return " "
    if c == ZWSP or c in _JOINERS:
        return c
    # Cf holds the soft hyphen and the direction overrides, Cs lone surrogates that JSON lets by.
    return "" if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} else c


def runs(text: str) -> list[tuple[Script, str]]:
    """Neighbouring letters of one script together; marks and spaces stay with what they follow."""
    found: list[tuple[Script, str]] = []
    for cluster in clusters(text):
        before = found[-1][0] if found else Script.LATIN
        script = _script(cluster, before)
        if found and script is before:
            found[-1] = (script, found[-1][1] + cluster)
        else:
            found.append((script, cluster))
    return found


def _script(cluster: str, before: Script) -> Script:
    if "\u1780" <= cluster[0] <= "\u17ff" or "\u19e0" <= cluster[0] <= "\u19ff":
        return Script.KHMER
    return before if cluster[0] in " " + ZWSP + _JOINERS else Script.LATIN


def has_khmer(text: str) -> bool:
    return any(script is Script.KHMER for script, _ in runs(text))


def clusters(text: str) -> list[str]:
    """Letters with everything written on, under or around them."""
    found: list[str] = []
    for c in text:
        if found and (_is_mark(c) or found[-1].endswith(_COENG)):
            found[-1] += c
        else:
            found.append(c)
    return found


def _is_mark(c: str) -> bool:
    return c in _JOINERS or unicodedata.category(c).startswith("M")


def wrap(text: str, width: int, measure: Callable[[str], int]) -> list[str]:
    """Lines no wider than `width` (unless one single letter is); `measure` gives pixels."""
    return [line for part in text.split("\n") for line in _wrapped(part, width, measure)]


def _wrapped(paragraph: str, width: int, measure: Callable[[str], int]) -> list[str]:
    """The last line never holds one short word alone where the line before can spare another."""
    lines = list(_filled(paragraph, width, measure))
    if len(lines) < 2 or any(gap in lines[-1] for gap in (" ", ZWSP)):
        return lines
    before, _, spared = lines[-2].rpartition(" ")
    joined = f"{spared} {lines[-1]}"
    if before.count(" ") < 1 or not paragraph.endswith(joined) or measure(joined) > width:
        return lines
    return [*lines[:-2], before, joined]


def _filled(paragraph: str, width: int, measure: Callable[[str], int]) -> Iterator[str]:
    line = ""
    for glue, word in words(paragraph):
        longer = line + glue + word if line else word
        if measure(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = _cut(word, width, measure)
        yield from full
    if line:
        yield line


def words(paragraph: str) -> Iterator[tuple[str, str]]:
    """(what stands before it on one line, word)."""
    glue = word = ""
    for gap, part in re.findall(f"([ {ZWSP}]*)([^ {ZWSP}]+)", paragraph):
        if word and (part in _DASHES or (" " not in gap and part[0] in _NEVER_FIRST)):
            word += (" " if " " in gap else "") + part
            continue
        if word:
            yield glue, word
        glue, word = " " if " " in gap else "", part
    if word:
        yield glue, word


def _cut(word: str, width: int, measure: Callable[[str], int]) -> list[str]:
    pieces = [""]
    for cluster in clusters(word):
        if pieces[-1] and measure(pieces[-1] + cluster) > width:
            pieces.append("")
        pieces[-1] += cluster
    return pieces


def shared_out(lines: Iterable[str], most: int) -> list[tuple[str, ...]]:
    """Pages of at most `most` lines, as even as can be: 7 lines become 4 + 3, never 6 + 1."""
    rest = list(lines)
    if not rest:
        return []
    pages = -(-len(rest) // max(1, most))
    each, more = divmod(len(rest), pages)
    counts = [each + (page < more) for page in range(pages)]
    found = []
    for count in counts:
        found.append(tuple(rest[:count]))
        rest = rest[count:]
    return found
