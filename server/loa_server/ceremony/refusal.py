"""Why a ceremony stops, in both languages: the holders of keys are not programmers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is for tests and telephones, the two sentences for people."""

    code: str
    vi: str
    en: str

    def __str__(self) -> str:
        return f"[{self.code}] {self.vi}\n[{self.code}] {self.en}"


class CeremonyError(Exception):
    """Nothing was changed."""

    def __init__(self, code: str, vi: str, en: str) -> None:
        super().__init__(f"{code}: {en}")
        self.finding = Finding(code, vi, en)
