"""Opening an SQLite file on a card that may have been cut off in the middle of a write."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from loa_node.database import Database


@dataclass(frozen=True, slots=True)
class Opened:
    """`lost` says why an older file was moved aside; empty when nothing was."""

    db: Database
    lost: str = ""


def open_checked(path: Path) -> Opened:
    """WAL, synchronous=FULL: a commit that returned survives a power cut.

    A damaged file is moved to `<name>.damaged`, for a technician, and an empty one is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lost = _damage(path) if path.exists() else ""
    if lost:
        _move_aside(path)
    db = sqlite3.connect(path, isolation_level=None, factory=Database)
    path.chmod(0o600)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA wal_autocheckpoint=256")  # 1 MB: a full card has little room beside the file
    db.execute("PRAGMA cache_size=-512")  # a kiosk has little memory and few rows
    return Opened(db, lost)


def _damage(path: Path) -> str:
    try:
        with contextlib.closing(sqlite3.connect(path)) as db:
            row = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as e:
        return str(e)[:120]
    return "" if row and row[0] == "ok" else str(row and row[0])[:120]


def _move_aside(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(path.with_name(f"{path.name}.damaged{suffix}"))
