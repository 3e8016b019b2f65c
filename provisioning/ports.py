"""Ports of this machine: the wanted one while it is free, else another, and that is said."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

WANTED = {"console": 8000, "nodes": 8443, "broker": 8883}


def choose(
    wanted: dict[str, int], is_free: Callable[[int], bool], any_free: Callable[[], int]
) -> tuple[dict[str, int], list[str]]:
    """The ports to use, and one sentence for each that had to change."""
    chosen: dict[str, int] = {}
    said: list[str] = []
    for name, port in wanted.items():
        chosen[name] = port
        while not is_free(chosen[name]) or list(chosen.values()).count(chosen[name]) > 1:
            chosen[name] = any_free()
        if chosen[name] != port:
            said.append(f"port {port} is in use, {name} takes {chosen[name]}")
    return chosen, said


def settled(memory: Path) -> dict[str, int]:
    """The ports of last time where they are still free; remembered in `memory` for next time."""
    wanted = dict(WANTED)
    if memory.exists():
        wanted |= json.loads(memory.read_text(encoding="utf-8"))
    chosen, said = choose(wanted, _is_free, _any_free)
    for sentence in said:
        print(f"  {sentence}", flush=True)
    memory.write_text(json.dumps(chosen), encoding="utf-8")
    return chosen


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104  # asked, not served
        except OSError:
            return False
    return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
