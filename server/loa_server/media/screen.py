"""A bulletin as a node's screen shows it, drawn by the node's own program in a cage.

The server holds no second renderer that could differ, and imports none of the node's code: it runs
`loa-node preview`, which an operator may leave out.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loa_server.media import cage

WIDTH = 960
_CHECKOUT = Path(__file__).parents[3]


class NotDrawnError(RuntimeError):
    """What the program said, for the log: no picture is no reason to stop anybody's work."""


@dataclass(frozen=True, slots=True)
class Page:
    language: str
    seconds: int


def program(name: str) -> Path | None:
    """Beside the interpreter, where both packages are in one environment; else on the path."""
    if not name:
        return None
    beside = Path(sys.executable).parent / name
    found = shutil.which(str(beside)) or shutil.which(name, path=cage.PATH)
    return Path(found) if found else None


def draw(
    runs: Path, asked: Mapping[str, Any], reads: Sequence[Path], workdir: Path
) -> tuple[Page, ...]:
    """1.png, 2.png … in `workdir`, the caller's, in the order of the pages.

    `asked` is what the node's preview.py describes; `reads`: the pictures it names.
    """
    request = workdir / "request.json"
    request.write_text(json.dumps({**asked, "width": WIDTH}), encoding="utf-8")
    locked = cage.Cage(
        write=workdir,
        read=(*_sources(runs), Path(asked["fonts"]), *reads),
        cpu_s=40,
        wall_s=60,
        file_bytes=16 << 20,
    )
    finished = cage.run(locked, (str(runs), "preview", str(request), str(workdir)))
    request.unlink()
    try:
        said = json.loads(finished.out[-1])["pages"] if finished.code == 0 else None
        return tuple(Page(str(one["language"]), int(one["seconds"])) for one in said or ())
    except (ValueError, LookupError, TypeError) as e:
        raise NotDrawnError(finished.err[-500:]) from e


def _sources(runs: Path) -> tuple[Path, ...]:
    """Its environment; in a checkout the packages lie beside each other."""
    beside = (_CHECKOUT / "node", _CHECKOUT / "content")
    return (runs.resolve().parents[1], *(path for path in beside if path.is_dir()))
