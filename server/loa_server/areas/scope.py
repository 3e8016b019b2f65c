"""Who may do what where. Pure.

A path is the ids from the top, "/vn-75/vn-25357/"; both ends are slashes, so "is in or under" is
"begins with", and a scope is a range that the database's index can serve.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_AFTER_ANY_ID = "\x7f"


def path_of(parent_path: str, area_id: str) -> str:
    return f"{parent_path or '/'}{area_id}/"


def ids_of(path: str) -> list[str]:
    """From the top down."""
    return [part for part in path.split("/") if part]


def above(path: str) -> list[str]:
    """What stands over the last one, nearest first."""
    return ids_of(path)[-2::-1]


def covers(scope: str, path: str) -> bool:
    return path.startswith(scope)


def path_range(scope: str) -> tuple[str, str]:
    """(low, high): everything in or under has low <= path < high."""
    return scope, scope + _AFTER_ANY_ID


def outermost(scopes: Iterable[str]) -> list[str]:
    """The same reach with no path named twice."""
    kept: list[str] = []
    for scope in sorted(set(scopes)):
        if not kept or not covers(kept[-1], scope):
            kept.append(scope)
    return kept


@dataclass(frozen=True, slots=True)
class Granted:
    role: str
    path: str
    until: date | None = None  # its last day


@dataclass(frozen=True, slots=True)
class Standing:
    """Who someone is today."""

    person: int
    active: bool
    grants: tuple[Granted, ...]
    today: date

    def scopes(self, *roles: str) -> list[str]:
        """Paths in and under which they hold one of these roles; any role if none is named."""
        if not self.active:
            return []
        return outermost(g.path for g in self.grants if self._holds(g, roles))

    def may(self, role: str, path: str) -> bool:
        return any(covers(scope, path) for scope in self.scopes(role))

    def may_all(self, role: str, paths: Iterable[str]) -> bool:
        """In every one of them, and there is at least one."""
        held = list(paths)
        return bool(held) and all(self.may(role, path) for path in held)

    def _holds(self, grant: Granted, roles: tuple[str, ...]) -> bool:
        lasts = grant.until is None or self.today <= grant.until
        return lasts and (not roles or grant.role in roles)
