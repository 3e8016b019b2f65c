"""The speaker's notes: A4 to read aloud from when a loudspeaker is silent, or at a meeting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from loa_server.paper.sheet import COLOURS, LATIN, SOFT, Sheet, paragraphs
from loa_server.paper.values import Notes, Tongue

A4: Final = (210.0, 297.0)
MARGIN: Final = 18.0
PER_MINUTE: Final = 170
"""Words a minute, read slowly over a loudspeaker; a Vietnamese word is a syllable."""


def notes(what: Notes, fonts: Path) -> bytes:
    """Each language begins a page, its paragraphs are numbered; a list to sign ends it."""
    sheet = Sheet(A4, MARGIN, fonts)
    sheet.foot = what.foot
    sheet.set_title(what.tongues[0].title if what.tongues else what.foot)
    for at, tongue in enumerate(what.tongues):
        if at:
            sheet.add_page()
        _tongue(sheet, what, tongue)
    _list_to_sign(sheet, what.signed)
    return sheet.finished()


def minutes(text: str) -> int:
    """At least one. Khmer words are set apart by U+200B."""
    return max(1, round(len(text.replace("\u200b", " ").split()) / PER_MINUTE))


def _tongue(sheet: Sheet, what: Notes, tongue: Tongue) -> None:
    colour = COLOURS.get(what.level, COLOURS["normal"])
    sheet.band(what.issuer, f"{what.level_word} · {tongue.label}", colour)
    length = what.length_word.format(minutes(f"{tongue.title} {tongue.text}"))
    for fact in (length, *what.facts):
        sheet.write_block(fact, 10, colour=SOFT)
    sheet.ln(4)
    sheet.write_block(tongue.title, 22, bold=True, leading=1.25)
    sheet.ln(4)
    for number, paragraph in enumerate(paragraphs(tongue.text), 1):
        sheet.write_block(f"{number}.  {paragraph}", 16, leading=1.6)
        sheet.ln(3)


def _list_to_sign(sheet: Sheet, columns: Sequence[str]) -> None:
    """Four empty lines: who read it when, for the file."""
    high = 9.0
    sheet.keep_together(high * 5 + 6)
    sheet.ln(6)
    sheet.set_draw_color(*SOFT)
    sheet.set_text_color(*SOFT)
    sheet.set_font(LATIN, "B", 9)
    wide = sheet.epw / max(1, len(columns))
    for row in range(5):
        for column in columns:
            words = column if row == 0 else ""
            sheet.cell(wide, high, words, border=1)
        sheet.ln(high)
