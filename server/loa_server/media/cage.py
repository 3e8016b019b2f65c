"""Runs one converter on one hostile file: little memory, little time, no network, own files only.

The child takes its locks itself (confined.py) before it becomes ffmpeg, espeak-ng or Pillow;
no preexec_fn, which is not safe in a server with threads.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CONFINED = Path(__file__).with_name("confined.py")
MEMORY = 1 << 30
LONGEST_ERROR = 64 * 1024
PACKAGES = {"pdftotext": "poppler-utils", "ffprobe": "ffmpeg"}
PATH = "/usr/local/bin:/usr/bin:/bin"
# Python itself and its packages: the picture worker is Python inside the cage.
PYTHON = (sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parent))


class ConverterMissingError(RuntimeError):
    """The operator's fault, not the author's: says which package to install."""


@dataclass(frozen=True, slots=True)
class Cage:
    """What one converter may use. Times in seconds, memory and files in bytes."""

    write: Path
    read: tuple[Path, ...] = ()
    memory: int = MEMORY
    cpu_s: int = 120
    wall_s: int = 300
    file_bytes: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    out: list[str] = field(default_factory=list)
    err: str = ""
    timed_out: bool = False


def run(
    cage: Cage, command: Sequence[str], on_line: Callable[[str], None] | None = None
) -> Finished:
    """The converter's end, whatever it was; `on_line` hears each line it prints meanwhile.

    Raises ConverterMissingError when the program itself is not on this machine.
    """
    if command and shutil.which(command[0], path=PATH) is None:
        package = PACKAGES.get(command[0], command[0])
        raise ConverterMissingError(f"{command[0]} is not installed: apt install {package}")
    errors = cage.write / "stderr.txt"
    with errors.open("wb") as err:
        child = subprocess.Popen(  # noqa: S603  a fixed program; paths are arguments, no shell
            _locked(cage, command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            start_new_session=True,
            cwd=cage.write,
            env={"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"},
            text=True,
            errors="replace",
        )
    late = threading.Event()
    timer = threading.Timer(cage.wall_s, _end, (child, late))
    timer.start()
    try:
        lines = _listen(child, on_line)
        code = child.wait()
    finally:
        timer.cancel()
        _end(child)
        if child.stdout is not None:
            child.stdout.close()
    return Finished(code, lines, _tail(errors), late.is_set())


def _listen(child: subprocess.Popen[str], on_line: Callable[[str], None] | None) -> list[str]:
    lines: list[str] = []
    for raw in child.stdout or ():
        line = raw.rstrip("\n")
        lines.append(line)
        if on_line is not None:
            on_line(line)
    return lines


def _end(child: subprocess.Popen[str], late: threading.Event | None = None) -> None:
    if child.poll() is not None:
        return
    if late is not None:
        late.set()
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _tail(errors: Path) -> str:
    text = errors.read_bytes()[-LONGEST_ERROR:].decode(errors="replace")
    errors.unlink()
    return text


def _locked(cage: Cage, command: Sequence[str]) -> list[str]:
    asked = {
        "memory": cage.memory,
        "cpu_s": cage.cpu_s,
        "file_bytes": cage.file_bytes,
        "read": [*PYTHON, *(str(p.resolve()) for p in cage.read)],
        "write": [str(cage.write.resolve())],
    }
    return [sys.executable, "-I", "-S", str(CONFINED), json.dumps(asked), *command]


def locks(workdir: Path) -> frozenset[str]:
    """Which locks hold on this machine: limits, network, sockets, files, privileges."""
    finished = run(Cage(write=workdir, wall_s=20), ())
    return frozenset(json.loads("".join(finished.out) or "[]"))
