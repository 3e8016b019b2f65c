"""The area tree from a file: checked whole, then stored whole. Importing twice changes nothing.

A file is a JSON list of {id, code, kind, name, parent, valid_from, valid_until, names[]}, where
`names` are what the place was called before: {name, kind, valid_from, valid_until}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import msgspec
from django.db import transaction

from loa_server.areas.folding import fold
from loa_server.areas.models import Area, AreaName
from loa_server.areas.scope import path_of
from loa_server.areas.tree import DEEPEST, keep_name, name_began, rebase
from loa_wire.localtime import LOCAL

ID = re.compile(r"[a-z0-9_-]{1,64}")


class ImportRefusedError(ValueError):
    """The file is not taken; the message names the row."""


class FormerName(msgspec.Struct, frozen=True):
    name: str
    kind: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


class AreaRow(msgspec.Struct, frozen=True):
    id: str
    kind: str
    name: str
    code: str = ""
    parent: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    names: tuple[FormerName, ...] = ()


def read(path: Path) -> list[AreaRow]:
    """Rows in an order in which every parent comes before its children."""
    try:
        rows = msgspec.convert(json.loads(path.read_text(encoding="utf-8")), list[AreaRow])
    except OSError as e:
        raise ImportRefusedError(f"{path}: cannot be read: {e.strerror}") from e
    except (ValueError, msgspec.ValidationError) as e:
        raise ImportRefusedError(f"{path.name}: {e}") from e
    return in_order(rows)


def in_order(rows: Sequence[AreaRow]) -> list[AreaRow]:
    known = {row.id: row for row in rows}
    if len(known) != len(rows):
        twice = next(row.id for row in rows if [r.id for r in rows].count(row.id) > 1)
        raise ImportRefusedError(f"area {twice!r} stands in the file twice")
    for row in rows:
        if not ID.fullmatch(row.id):
            raise ImportRefusedError(f"area {row.id!r}: an id is 1-64 of a-z 0-9 _ -")
        if row.parent is not None and row.parent not in known:
            raise ImportRefusedError(f"area {row.id!r} lies in {row.parent!r}, which is not here")
    return sorted(rows, key=lambda row: (_depth(row, known), row.id))


def _depth(row: AreaRow, known: dict[str, AreaRow]) -> int:
    depth, at = 0, row
    while at.parent is not None:
        depth, at = depth + 1, known[at.parent]
        if depth > DEEPEST:
            raise ImportRefusedError(f"area {row.id!r} lies in itself, or too deep")
    return depth


@transaction.atomic
def store(rows: Sequence[AreaRow], since: date | None = None) -> int:
    """`rows` in order, below each other or below what is there. Returns how many were new.

    Another name than before holds from `since` (today); the one before it stays on record.
    """
    paths: dict[str, str] = {}
    made = 0
    for row in rows:
        above = paths.get(row.parent or "") or _path_of(row.parent)
        paths[row.id] = path_of(above, row.id)
        made += _store(row, paths[row.id], since or datetime.now(LOCAL).date())
    return made


def _path_of(area_id: str | None) -> str:
    return Area.objects.get(pk=area_id).path if area_id else ""


def _store(row: AreaRow, path: str, since: date) -> bool:
    old = Area.objects.filter(pk=row.id).first()
    if old is not None:
        if old.path != path:
            rebase(old.path, path)
        if not row.names and (old.kind, old.name) != (row.kind, row.name):
            began = name_began(old)
            if began is None or began < since:
                keep_name(old, since)
    area, new = Area.objects.update_or_create(
        pk=row.id,
        defaults={
            "code": row.code,
            "kind": row.kind,
            "name": row.name,
            "folded": fold(row.name),
            "parent_id": row.parent,
            "path": path,
            "valid_from": row.valid_from,
            "valid_until": row.valid_until,
        },
    )
    if row.names:
        _replace_names(area, row)
    return new


def _replace_names(area: Area, row: AreaRow) -> None:
    area.names.all().delete()
    AreaName.objects.bulk_create(
        AreaName(
            area=area,
            name=former.name,
            kind=former.kind or row.kind,
            valid_from=former.valid_from,
            valid_until=former.valid_until,
        )
        for former in row.names
    )
