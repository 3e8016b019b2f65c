"""The district's SQLite file with its real tables, made once by the real migrations."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

MOMENT = "2026-01-05 06:00:00"


def migrated(folder: Path) -> Path:
    """db.sqlite3 in `folder`, which becomes a state folder; a second or two."""
    settings = folder / "server.toml"
    settings.write_text(f'state_dir = "{folder}"\n', encoding="utf-8")
    (folder / "secret").write_text("only for tests", encoding="ascii")
    command = [sys.executable, "-m", "loa_server", "manage", "--config", str(settings), "migrate"]
    subprocess.run([*command, "-v", "0"], check=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    return folder / "db.sqlite3"


class Table:
    """Rows for tests: every column that is not named gets a plain value of its kind."""

    def __init__(self, database: Path) -> None:
        self.db = sqlite3.connect(database, timeout=20, isolation_level=None)

    def add(self, table: str, **values: Any) -> int:
        row = self._defaults(table) | values
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        done = self.db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()])
        return int(done.lastrowid or 0)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.db.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the first row, None without one."""
        row = self.db.execute(query, values).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        self.db.close()

    def _defaults(self, table: str) -> dict[str, Any]:
        lists = ("languages",)
        documents = ("health", "before", "title", "text", "schedule")
        kinds = {"datetime": MOMENT, "date": MOMENT[:10], "bool": 0, "text": "", "BLOB": b""}
        columns = self.db.execute(f"PRAGMA table_info({table})").fetchall()
        made: dict[str, Any] = {}
        for _, name, kind, required, default, key in columns:
            if required and not key and default is None:
                plain = 0 if "int" in kind else kinds.get(kind, "")
                made[name] = "[]" if name in lists else "{}" if name in documents else plain
        return made


def an_area(table: Table, area: str = "vn-25351", path: str = "/vn-75/vn-25351/") -> str:
    table.add("areas_area", id=area, name=area, path=path)
    return area


def a_node(table: Table, node: str, area: str = "vn-25351", **values: Any) -> str:
    table.add("fleet_node", id=node, name=node, area_id=area, **{"status": "active", **values})
    return node


def a_bulletin(table: Table, bulletin: str, home: str = "vn-25351", **values: Any) -> str:
    author = table.one("SELECT id FROM areas_person") or table.add("areas_person", username="an")
    row = {"state": "published", "rev": 1, **values}
    table.add("bulletins_bulletin", id=bulletin, home_id=home, author_id=author, **row)
    return bulletin
