"""The A5 leaflet that is put up beside the culture house's door or handed out at a meeting."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from loa_server.paper.sheet import COLOURS, SOFT, Sheet, paragraphs
from loa_server.paper.values import Leaflet

A5: Final = (148.0, 210.0)
MARGIN: Final = 11.0
HIGHEST: Final = 62.0
PICTURES: Final = 4


def leaflet(what: Leaflet, fonts: Path) -> bytes:
    sheet = Sheet(A5, MARGIN, fonts)
    sheet.foot = what.foot
    sheet.set_title(what.tongues[0].title if what.tongues else what.foot)
    colour = COLOURS.get(what.level, COLOURS["normal"])
    sheet.band(what.issuer, what.level_word, colour)
    for at, tongue in enumerate(what.tongues):
        if at:
            sheet.keep_together(32)
            _rule(sheet)
        sheet.write_block(tongue.title, 17, bold=True, colour=colour, leading=1.2)
        sheet.ln(1.5)
        for paragraph in paragraphs(tongue.text):
            sheet.write_block(paragraph, 11)
            sheet.ln(1.2)
        if at == 0:
            for file in what.pictures[:PICTURES]:
                sheet.picture(file, HIGHEST)
    sheet.keep_together(6 + 5 * len(what.facts))
    _rule(sheet)
    for fact in what.facts:
        sheet.write_block(fact, 8.5, colour=SOFT, leading=1.3)
    return sheet.finished()


def _rule(sheet: Sheet) -> None:
    sheet.ln(2)
    sheet.set_draw_color(*SOFT)
    sheet.line(sheet.l_margin, sheet.get_y(), sheet.l_margin + sheet.epw, sheet.get_y())
    sheet.ln(3)
