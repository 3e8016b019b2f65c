"""How a program's last run ended: left by systemd (or `loa-node run`), told by the agent.

It lies in the runtime folder, which a power cut empties: that end shows in the boot id.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("agent", "player", "screen")
LONGEST: Final = 8192
"""A program that dies every second while no agent reads must not fill the memory."""
_HUNG: Final = ("watchdog", "timeout")
_BY_SOMEBODY: Final = ("KILL", "TERM", "INT", "HUP", "QUIT")
"""Signals that come from outside; any other is a program's own fault."""


@dataclass(frozen=True, slots=True)
class Ending:
    program: str
    reason: str  # killed | hung | out_of_memory | crashed
    detail: str  # KILL, exit 1 …


def of_service(program: str, said: Mapping[str, str], oom_kills: int) -> Ending | None:
    """From $SERVICE_RESULT and its fellows, systemd.exec(5). None for an end that was in order.

    `oom_kills`: processes of this unit that the kernel killed for want of memory, for a systemd
    that cannot tell (control groups of version 1).
    """
    result, status = said.get("SERVICE_RESULT", ""), said.get("EXIT_STATUS", "")
    if result in ("", "success"):
        return None
    if result in _HUNG:
        return Ending(program, "hung", result)
    exited = said.get("EXIT_CODE") == "exited"
    return _of_status(program, f"exit {status}" if exited else status or result, result, oom_kills)


def of_code(program: str, code: int, signal_name: str) -> Ending | None:
    """From what a parent learns: an exit code, or the signal that ended it ("" for none)."""
    if code == 0:
        return None
    return _of_status(program, signal_name or f"exit {code}", "", 0)


def _of_status(program: str, status: str, result: str, oom_kills: int) -> Ending:
    if result == "oom-kill" or (status == "KILL" and oom_kills):
        return Ending(program, "out_of_memory", status)
    return Ending(program, "killed" if status in _BY_SOMEBODY else "crashed", status)


def oom_kills(root: Path) -> int:
    """Of the control group that this process runs in, with either version of them."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            inside = root / "sys/fs/cgroup" / controllers / path.strip("/")
            told = _text(inside / ("memory.oom_control" if controllers else "memory.events"))
            found = re.search(r"(?m)^oom_kill (\d+)$", told)
            if found:
                return int(found[1])
    return 0


def note(folder: Path, ending: Ending) -> None:
    """Never fails: it stands where a program has just ended and must be started again."""
    path = _place(folder, ending.program)
    with contextlib.suppress(OSError):
        if path.exists() and path.stat().st_size > LONGEST:
            return
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(ending)) + "\n")


def take(folder: Path) -> list[Ending]:
    """What was left since it was last `written`. Call that once they are facts on disk.

    Moved aside first: a program may end at this moment. And kept: the one that reads may end before
    it has written, and twice told is better than never.
    """
    return [ending for program in PROGRAMS for ending in _take(_place(folder, program))]


def written(folder: Path) -> None:
    """What was taken need not be kept."""
    for program in PROGRAMS:
        with contextlib.suppress(OSError):
            _aside(_place(folder, program)).unlink()


def _take(path: Path) -> list[Ending]:
    aside = _aside(path)
    with contextlib.suppress(OSError):
        if not aside.exists():
            path.rename(aside)
    return [ending for line in _text(aside).splitlines() if (ending := _read(line)) is not None]


def _read(line: str) -> Ending | None:
    try:
        said = json.loads(line)
        return Ending(str(said["program"]), str(said["reason"])[:40], str(said["detail"])[:80])
    except (ValueError, KeyError, TypeError):
        return None


def _place(folder: Path, program: str) -> Path:
    return folder / f"ended-{program}"


def _aside(path: Path) -> Path:
    return path.with_suffix(".read")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
