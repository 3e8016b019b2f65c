"""What a file of places would change, line by line, before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from loa_server.areas.importing import AreaRow
from loa_server.areas.models import Area
from loa_server.areas.scope import covers
from loa_server.areas.sheets import Fault, Sheet
from loa_server.areas.tree import DEEPEST
from loa_server.refusal import Refusal

TWICE = Refusal("row_twice", "Mã này có hai lần trong tệp.", "This id stands in the file twice.")
NO_PARENT = Refusal(
    "row_parent",
    "Cấp trên (cột parent) không có trong tệp và cũng không có trong hệ thống.",
    "What it lies in (column parent) is neither in the file nor here.",
)
CIRCLE = Refusal(
    "row_circle",
    "Nơi này nằm trong chính nó, hoặc sâu quá 12 cấp.",
    "It lies in itself, or deeper than 12 levels.",
)
OUTSIDE = Refusal(
    "row_outside",
    "Nơi này, hoặc cấp trên của nó, ngoài địa bàn mà bạn quản trị.",
    "It, or what it lies in, is outside the areas that you administer.",
)
BACKWARDS = Refusal(
    "row_backwards",
    "Ngày kết thúc sớm hơn ngày bắt đầu.",
    "It ends before it begins.",
)


_KEPT: Final = {
    "code": "code",
    "parent": "parent_id",
    "valid_from": "valid_from",
    "valid_until": "valid_until",
}


@dataclass(frozen=True, slots=True)
class Change:
    line: int
    row: AreaRow
    before: Area | None
    what: tuple[str, ...]  # new | name | kind | code | parent | dates


@dataclass(slots=True)
class Plan:
    rows: list[AreaRow] = field(default_factory=list)  # every parent before its children
    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def count(self, what: str) -> int:
        return sum(what in change.what for change in self.changes)

    @property
    def same(self) -> int:
        return len(self.rows) - len(self.changes)


def filled(sheet: Sheet) -> list[tuple[int, AreaRow]]:
    """A column that the file does not have changes nothing."""
    there = Area.objects.in_bulk([row.id for _line, row in sheet.rows])
    return [
        (line, _completed(row, there.get(row.id), sheet.given[row.id])) for line, row in sheet.rows
    ]


def _completed(row: AreaRow, before: Area | None, given: frozenset[str]) -> AreaRow:
    if before is None:
        return row
    missing = {one: column for one, column in _KEPT.items() if one not in given}
    return msgspec.structs.replace(row, **{o: getattr(before, c) for o, c in missing.items()})


def plan(lines: Sequence[tuple[int, AreaRow]], scopes: Sequence[str]) -> Plan:
    """`scopes`: where the one who brings the file keeps the tree."""
    there = {area.id: area for area in Area.objects.filter(pk__in=[row.id for _l, row in lines])}
    parents: dict[str, str | None] = dict(Area.objects.values_list("id", "parent_id"))
    parents |= {row.id: row.parent for _line, row in lines}
    made = Plan()
    depths: dict[str, int] = {}
    seen: dict[str, AreaRow] = {}
    for line, row in lines:
        chain = _chain(row.id, parents)
        before = there.get(row.id)
        why = TWICE if row.id in seen else _fault(row, before, chain, parents, scopes)
        if why is not None:
            made.faults.append(Fault(line, why))
            continue
        seen[row.id], depths[row.id] = row, len(chain)
        what = _what(row, before)
        if what:
            made.changes.append(Change(line, row, before, what))
    made.rows = sorted(seen.values(), key=lambda row: (depths[row.id], row.id))
    return made


def _fault(
    row: AreaRow,
    before: Area | None,
    chain: Sequence[str],
    parents: Mapping[str, str | None],
    scopes: Sequence[str],
) -> Refusal | None:
    if row.parent and row.parent not in parents:
        return NO_PARENT
    if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
        return BACKWARDS
    if not chain:
        return CIRCLE
    if any(
        not any(covers(scope, path) for scope in scopes) for path in _touched(row, before, chain)
    ):
        return OUTSIDE
    return None


def _touched(row: AreaRow, before: Area | None, chain: Sequence[str]) -> list[str]:
    """Where it lies; when it moves, also what it is taken from and comes to lie in."""
    if before is None:
        return ["/" + "".join(f"{area_id}/" for area_id in reversed(chain[1:]))]
    if before.parent_id == row.parent:
        return [before.path]
    above = before.path.removesuffix(f"{before.id}/")
    return [above, "/" + "".join(f"{area_id}/" for area_id in reversed(chain[1:]))]


def _chain(area_id: str, parents: Mapping[str, str | None]) -> list[str]:
    """The ids from this one up to the top, as they will lie; empty for a circle or too many."""
    chain, at = [area_id], parents[area_id]
    while at is not None:
        if at in chain or len(chain) >= DEEPEST:
            return []
        chain.append(at)
        at = parents.get(at)
    return chain


def _what(row: AreaRow, before: Area | None) -> tuple[str, ...]:
    if before is None:
        return ("new",)
    pairs = {
        "name": row.name != before.name,
        "kind": row.kind != before.kind,
        "code": row.code != before.code,
        "parent": row.parent != before.parent_id,
        "dates": (row.valid_from, row.valid_until) != (before.valid_from, before.valid_until),
    }
    return tuple(what for what, differs in pairs.items() if differs)
