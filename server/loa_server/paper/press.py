"""Paper is made by a process of its own, which ends with the sheet.

The PDF library with its fonts and shaping weighs as much as all the rest of the console: 54 MB
that a web process would keep from the first leaflet on.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

import msgspec

from loa_server.paper.values import Leaflet, Notes

PATIENCE_S: Final = 60.0
AT_ONCE: Final = 2
_turn = threading.BoundedSemaphore(AT_ONCE)


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the process is told on its standard input; one of the two is there."""

    fonts: Path
    leaflet: Leaflet | None = None
    notes: Notes | None = None


def pressed(what: Leaflet | Notes, fonts: Path) -> bytes:
    """The PDF's bytes, after whoever asked before. Raises RuntimeError with what the process said.

    Raises subprocess.TimeoutExpired after a minute.
    """
    order = Order(fonts, leaflet=what) if isinstance(what, Leaflet) else Order(fonts, notes=what)
    command = [sys.executable, "-P", "-m", "loa_server.paper"]  # nothing from where it is started
    with _turn:
        made = subprocess.run(  # noqa: S603  ours, with words on its input alone
            command, input=written(order), capture_output=True, timeout=PATIENCE_S, check=False
        )
    if made.returncode:
        raise RuntimeError(f"no paper: {made.stderr.decode(errors='replace')[-2000:]}")
    return made.stdout


def written(order: Order) -> bytes:
    return msgspec.json.encode(order, enc_hook=str)


def read(raw: bytes) -> Order:
    return msgspec.json.decode(raw, type=Order, dec_hook=_as)


def _as(kind: type[Any], said: Any) -> Any:
    return kind(said)
