"""Why something was not done, for a person: a code for programs, a sentence in each language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    vi: str
    en: str

    def text(self, language: str) -> str:
        return self.en if language.startswith("en") else self.vi
