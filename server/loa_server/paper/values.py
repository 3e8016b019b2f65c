"""What goes onto paper, in the reader's words. Without the PDF library: whoever fills them in needs
none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language of a bulletin; `label` is the language's name for a person who sorts paper."""

    label: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Leaflet:
    """All in the reader's words; `level` picks the colour."""

    level: str
    level_word: str
    issuer: str
    tongues: Sequence[Tongue]
    pictures: Sequence[Path]
    facts: Sequence[str]  # when it is heard, where it comes from, until when it holds
    foot: str


@dataclass(frozen=True, slots=True)
class Notes:
    """`length_word` says minutes with one {}; `signed` are the columns that a reader fills in."""

    level: str
    level_word: str
    issuer: str
    tongues: Sequence[Tongue]
    facts: Sequence[str]
    length_word: str
    signed: Sequence[str]
    foot: str
