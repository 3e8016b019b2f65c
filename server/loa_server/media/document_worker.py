"""Inside the cage: a .docx in, its paragraphs out, one JSON line said.

    {"paragraphs": [text, …]}   |   {"refused": code}

Standard library only. expat with every DTD refused: no entity is ever expanded. The archive's own
word on sizes is not believed: reading stops at a bound.
"""

from __future__ import annotations

import json
import sys
import zipfile
import zlib
from xml.parsers import expat

LARGEST_XML = 16 << 20
MOST_TEXT = 400_000  # characters: far beyond any bulletin, far below trouble
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
TWICE = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
BLANKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


class RefusedError(Exception):
    """The code of a sentence in refusal.py."""


class Paragraphs:
    """What `w:t` holds, by `w:p`; what was struck out, or stands there a second time, is not."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._open: list[list[str]] = []  # a text box holds paragraphs inside a paragraph
        self._reading = False
        self._skipped = 0
        self._length = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == TWICE or self._skipped:
            self._skipped += 1
            return
        match _word(name):
            case "p":
                self._open.append([])
            case "t":
                self._reading = True
            case str(tag) if tag in BLANKS:
                self.text(BLANKS[tag], said=True)
            case _:
                pass

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        match _word(name):
            case "p" if self._open:
                self.found.append("".join(self._open.pop()))
            case "t":
                self._reading = False
            case _:
                pass

    def text(self, text: str, *, said: bool = False) -> None:
        if (self._reading or said) and self._open and not self._skipped:
            self._length += len(text)
            if self._length > MOST_TEXT:
                raise RefusedError("document_too_long")
            self._open[-1].append(text)


def _word(name: str) -> str:
    space, _blank, tag = name.rpartition(" ")
    return tag if space in (WORD, STRICT) else ""


def _refuse(*_declared: object) -> None:
    raise RefusedError("document_entities")


def paragraphs_of(xml: bytes) -> list[str]:
    """Raises RefusedError, or expat's error where it is no XML."""
    parser, found = expat.ParserCreate(namespace_separator=" "), Paragraphs()
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.text
    parser.Parse(xml, True)  # noqa: FBT003  expat's own signature
    return found.found


def unpacked(source: str) -> bytes:
    with zipfile.ZipFile(source) as archive:
        try:
            entry = archive.getinfo("word/document.xml")
        except KeyError:
            raise RefusedError("not_document") from None
        if entry.flag_bits & 1:
            raise RefusedError("document_locked")
        with archive.open(entry) as f:
            xml = f.read(LARGEST_XML + 1)
    if len(xml) > LARGEST_XML:
        raise RefusedError("document_bomb")
    return xml


def convert(source: str) -> dict[str, object]:
    try:
        return {"paragraphs": paragraphs_of(unpacked(source))}
    except RefusedError as e:
        return {"refused": str(e)}
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, NotImplementedError, EOFError):
        return {"refused": "damaged_document"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(convert(sys.argv[1])) + "\n")
