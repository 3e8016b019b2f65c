"""A file of places as an office keeps it: CSV as Excel writes it, or JSON. Reads what can be read;
what cannot is a fault with its line. Pure.

A CSV has a line of headings, in English or Vietnamese, with or without marks, in any order.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import msgspec

from loa_server.areas.folding import fold
from loa_server.areas.importing import ID, AreaRow
from loa_server.areas.models import KINDS, Area
from loa_server.areas.tree import LONGEST_NAME
from loa_server.cells import marked, unmarked
from loa_server.refusal import Refusal

MOST_ROWS: Final = 5000
_FIELDS: Final = {"parent": "parent_id"}
COLUMNS: Final = ("id", "code", "kind", "name", "parent", "valid_from", "valid_until")
_HEADINGS: Final = {
    **{column: column for column in COLUMNS},
    "ma": "id",
    "ma don vi": "code",
    "loai": "kind",
    "ten": "name",
    "cap tren": "parent",
    "tu ngay": "valid_from",
    "den ngay": "valid_until",
}
_KINDS: Final = {
    **{kind: kind for kind in KINDS},
    "tinh": "province",
    "thanh pho": "city",
    "don vi": "unit",
    "xa": "commune",
    "phuong": "ward",
    "khu pho": "khu_pho",
}

NOT_TEXT = Refusal(
    "sheet_text",
    "Không đọc được tệp này. Trong Excel hãy lưu dạng “CSV UTF-8”.",
    "This file cannot be read. In Excel save it as “CSV UTF-8”.",
)
NO_HEADINGS = Refusal(
    "sheet_headings",
    "Dòng đầu phải là tên cột: id, code, kind, name, parent, valid_from, valid_until.",
    "The first line names the columns: id, code, kind, name, parent, valid_from, valid_until.",
)
TOO_MANY = Refusal("sheet_many", "Một tệp nhiều nhất 5000 dòng.", "A file has 5000 lines at most.")
EMPTY = Refusal("sheet_empty", "Tệp không có dòng nào.", "There is no line in this file.")


@dataclass(frozen=True, slots=True)
class Fault:
    line: int  # as the office's program counts them; 0: the file
    why: Refusal


@dataclass(frozen=True, slots=True)
class Sheet:
    rows: list[tuple[int, AreaRow]]
    faults: list[Fault]
    given: dict[str, frozenset[str]] = field(default_factory=dict)  # by id: the columns it has


def read(raw: bytes) -> Sheet:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Sheet([], [Fault(0, NOT_TEXT)])
    told = _json(text) if text.lstrip()[:1] in ("[", "{") else _csv(text)
    if isinstance(told, Refusal):
        return Sheet([], [Fault(0, told)])
    lines = list(told)
    if not lines or len(lines) > MOST_ROWS:
        return Sheet([], [Fault(0, TOO_MANY if lines else EMPTY)])
    sheet = Sheet([], [])
    for line, said in lines:
        row = _row(said)
        if isinstance(row, Refusal):
            sheet.faults.append(Fault(line, row))
        else:
            sheet.rows.append((line, row))
            sheet.given[row.id] = frozenset(said)
    return sheet


def written(areas: Iterable[Area]) -> str:
    """What is there, for an office to change and bring back."""
    out = io.StringIO()
    out.write("\ufeff")  # without it Excel takes UTF-8 for something else
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for a in areas:
        said = [a.id, a.code, a.kind, a.name, a.parent_id, a.valid_from, a.valid_until]
        lines.writerow([marked(one) for one in said])
    return out.getvalue()


def _json(text: str) -> list[tuple[int, Mapping[str, Any]]] | Refusal:
    try:
        said = json.loads(text)
        json.dumps(said, ensure_ascii=False).encode()  # half a letter is none, and no database's
    except (ValueError, RecursionError):
        return NOT_TEXT
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        return NOT_TEXT
    return list(enumerate(said, 1))


def _csv(text: str) -> list[tuple[int, Mapping[str, Any]]] | Refusal:
    first = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text), delimiter=max(";,\t", key=first.count))
    try:
        headings = [_HEADINGS.get(fold(cell).replace("-", "_")) for cell in next(lines, [])]
        if "name" not in headings or "kind" not in headings:
            return NO_HEADINGS
        return [
            (
                lines.line_num,
                _named(headings, cells),
            )
            for cells in lines
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error:
        return NOT_TEXT


def _named(headings: Sequence[str | None], cells: Sequence[str]) -> dict[str, str]:
    pairs = zip(headings, cells, strict=False)
    return {heading: _as_typed(cell.strip()) for heading, cell in pairs if heading}


def _as_typed(cell: str) -> str:
    """Without the mark that we put there, or an office did to keep a number's noughts."""
    plain = unmarked(cell)
    return plain if plain != cell else cell.removeprefix("'")


def _row(said: Mapping[str, Any]) -> AreaRow | Refusal:
    code = str(said.get("code") or "")
    area_id = str(said.get("id") or (f"vn-{code}" if code else ""))
    if not ID.fullmatch(area_id):
        return Refusal(
            "row_id",
            "Cột id phải có 1-64 ký tự a-z, 0-9, _ hoặc - (hoặc để trống và ghi mã đơn vị).",
            "Column id holds 1-64 of a-z, 0-9, _ or - (or is empty beside a code).",
        )
    kind = _KINDS.get(fold(str(said.get("kind") or "")))
    if kind is None:
        known = "Tỉnh, Thành phố, Xã, Phường, Ấp, Sóc, Thôn, Khu phố"
        return Refusal("row_kind", f"Cột loại phải là một trong: {known}.", f"Kind: {known}.")
    name = " ".join(str(said.get("name") or "").split())
    if not name or len(name) > LONGEST_NAME:
        return Refusal(
            "row_name", "Thiếu tên, hoặc tên dài quá 120 ký tự.", "No name, or too long."
        )
    return _dated(said, {"id": area_id, "code": code[:20], "kind": kind, "name": name})


def _dated(said: Mapping[str, Any], known: dict[str, Any]) -> AreaRow | Refusal:
    try:
        return msgspec.convert(
            {
                **known,
                "parent": str(said.get("parent") or "") or None,
                "valid_from": _day(said.get("valid_from")),
                "valid_until": _day(said.get("valid_until")),
                "names": said.get("names") or (),
            },
            AreaRow,
        )
    except (ValueError, msgspec.ValidationError):
        return Refusal(
            "row_day",
            "Ngày phải theo mẫu 2026-07-01 hoặc 01/07/2026.",
            "A day is written 2026-07-01 or 01/07/2026.",
        )


def _day(said: Any) -> date | None:
    if not said:
        return None
    text = str(said).strip()
    if "/" in text:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no hours
    return date.fromisoformat(text)
