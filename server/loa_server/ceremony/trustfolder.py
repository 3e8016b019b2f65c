"""The server's trust folder: root-<n>.json and register-<n>.json as they were signed.

What counts is the newest root and the newest register that this root's authority signed: after a
stolen authority key the highest number may be the thief's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loa_server.ceremony.keyfile import verifies
from loa_server.ceremony.paper import Paper, opened
from loa_server.ceremony.refusal import CeremonyError
from loa_server.ceremony.rules import Before
from loa_wire import chain
from loa_wire.trusted import Authority, Root

REPLACED: Final = "replaced"
"""Registers whose signature a newer root no longer accepts: kept, never served."""


@dataclass(frozen=True, slots=True)
class Held:
    """What nodes are to believe now. Bytes are as signed."""

    root: Root | None = None
    root_data: bytes = b""
    register: Authority | None = None
    register_data: bytes = b""

    @property
    def before(self) -> Before:
        """For whatever comes next."""
        return Before(self.root, self.register)


def held(folder: Path, unit: str) -> Held:
    """Raises CeremonyError where the newest root is not one."""
    roots = files(folder, "root")
    if not roots:
        return Held()
    data = roots[max(roots)].read_bytes()
    root = chain.pin_root(data, verifies)
    if isinstance(root, chain.Refused):
        name = roots[max(roots)].name
        raise CeremonyError(
            root.code, f"{name}: {root.detail}", f"{name}: nobody believes it: {root.detail}"
        )
    return with_register(Held(root, data), folder, unit)


def with_register(now: Held, folder: Path, unit: str) -> Held:
    assert now.root is not None  # noqa: S101 - only asked of a root
    registers = files(folder, "register")
    for version in sorted(registers, reverse=True):
        data = registers[version].read_bytes()
        found = chain.read_authority(data, now.root, unit, verifies)
        if not isinstance(found, chain.Refused):
            return Held(now.root, now.root_data, found, data)
    return now


def files(folder: Path, kind: str) -> dict[int, Path]:
    """{version: path}"""
    numbers = {path: path.stem.removeprefix(f"{kind}-") for path in folder.glob(f"{kind}-*.json")}
    return {int(number): path for path, number in numbers.items() if number.isdecimal()}


def ever_named(folder: Path) -> Iterator[str]:
    """Keyids of every register that this server ever had, also of those that count no more."""
    for place in (folder, folder / REPLACED):
        for path in place.glob("register-*.json*"):
            paper: Paper = opened(path.read_bytes(), path.name)
            if isinstance(paper.document, Authority):
                yield from (key.keyid for key in paper.document.keys)
