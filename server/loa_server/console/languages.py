"""The languages a bulletin may speak, by the name their own readers know them."""

from __future__ import annotations

from typing import Final

NAMES: Final[dict[str, str]] = {
    "vi": "Tiếng Việt",
    "km": "ភាសាខ្មែរ · Khmer",
    "sti": "S’tiêng (Xtiêng)",
    "cmo": "M’nông",
    "tyz": "Tày",
    "nut": "Nùng",
    "cjm": "Chăm",
    "zh-Hant": "華語 · Hoa",
}
SPOKEN_BY_MACHINE: Final = frozenset({"vi"})
"""Where an offline voice exists; every other language is recorded by a person."""


def name(lang: str) -> str:
    return NAMES.get(lang, lang)


def in_order(langs: object) -> list[str]:
    """Vietnamese first, then as listed above, then whatever else there is."""
    known = list(NAMES)
    given = [str(lang) for lang in langs] if isinstance(langs, (list, tuple, set, dict)) else []
    return sorted(given, key=lambda lang: (known.index(lang) if lang in known else 99, lang))
