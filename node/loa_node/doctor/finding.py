"""One thing that was looked at, in Vietnamese and English, and how a page of them reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["good", "look", "bad"]
MARKS: Final = {"good": "TỐT / OK", "look": "XEM / LOOK", "bad": "HỎNG / BAD"}
_WIDE: Final = max(map(len, MARKS.values()))


@dataclass(frozen=True, slots=True)
class Two:
    """The same in both languages."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: Two
    do: Two | None = None  # what to do about it


def good(vi: str, en: str) -> Finding:
    return Finding("good", Two(vi, en))


def look(vi: str, en: str, do: Two | None = None) -> Finding:
    return Finding("look", Two(vi, en), do)


def bad(vi: str, en: str, do: Two) -> Finding:
    return Finding("bad", Two(vi, en), do)


def page(findings: Sequence[Finding]) -> str:
    lines: list[str] = []
    for one in findings:
        lines += [f"{MARKS[one.level]:<{_WIDE}}  {one.what.vi}", f"{'':<{_WIDE}}  {one.what.en}"]
        if one.do is not None:
            lines += [f"{'':<{_WIDE}}  → {one.do.vi}", f"{'':<{_WIDE}}  → {one.do.en}"]
        lines.append("")
    return "\n".join([*lines, *_sum(findings)]) + "\n"


def exit_code(findings: Sequence[Finding]) -> int:
    """1 when something is broken; what only wants a look is no failure."""
    return int(any(one.level == "bad" for one in findings))


def _sum(findings: Sequence[Finding]) -> list[str]:
    broken = sum(one.level == "bad" for one in findings)
    doubtful = sum(one.level == "look" for one in findings)
    if not broken and not doubtful:
        return ["Không thấy gì hỏng.", "Nothing is wrong."]
    return [
        f"Hỏng: {broken}. Cần xem: {doubtful}. Sửa từ trên xuống dưới.",
        f"Broken: {broken}. To look at: {doubtful}. Mend them from the top down.",
    ]
