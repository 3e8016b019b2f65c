"""A photograph or a poster becomes a JPEG for the hamlet's screen: upright, clean, small.

At most 1920×1080, turned as its EXIF says, every piece of metadata gone (a telephone writes where
its owner lives), always encoded anew: what is signed is our own output. Pillow runs in a cage.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loa_server.media import cage
from loa_server.media.refusal import MediaRefusedError

TYPE = "image/jpeg"
LARGEST = 30_000_000
MOST_PIXELS = 25_000_000
WORKER = Path(__file__).with_name("picture_worker.py")
HEIC_BRANDS = (b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1")


@dataclass(frozen=True, slots=True)
class Picture:
    path: Path
    sha256: str
    bytes: int
    width: int
    height: int
    type: str = TYPE


def prepare_picture(source: Path, workdir: Path) -> Picture:
    """The picture in `workdir` (the caller's, for this job only) as picture.jpg.

    Raises MediaRefusedError with a sentence for the clerk.
    """
    source, workdir = source.resolve(), workdir.resolve()
    refuse_at_sight(source)
    target = workdir / "picture.jpg"
    width, height = _converted(source, target)
    body = target.read_bytes()
    return Picture(target, hashlib.sha256(body).hexdigest(), len(body), width, height)


def refuse_at_sight(source: Path) -> None:
    """What can be told without unpacking anything."""
    size = source.stat().st_size
    if size == 0:
        raise MediaRefusedError("empty")
    if size > LARGEST:
        raise MediaRefusedError("picture_too_heavy", size=size // 10**6, limit=LARGEST // 10**6)
    with source.open("rb") as f:
        head = f.read(32)
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        raise MediaRefusedError("heic")
    if head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR":
        _refuse_pixels(int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big"))


def _refuse_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        limit = MOST_PIXELS // 10**6
        raise MediaRefusedError("too_many_pixels", width=width, height=height, limit=limit)


def _converted(source: Path, target: Path) -> tuple[int, int]:
    command = (sys.executable, "-I", str(WORKER), str(source), str(target))
    locked = cage.Cage(
        write=target.parent, read=(source, WORKER.parent), cpu_s=30, wall_s=60, file_bytes=32 << 20
    )
    finished = cage.run(locked, command)
    said = _said(finished)
    match said:
        case {"done": [int(width), int(height)]}:
            return width, height
        case {"refused": str(code), "values": dict(values)}:
            raise MediaRefusedError(code, **values)
        case _:
            raise MediaRefusedError("too_heavy_picture") from WorkerError(finished.err)


class WorkerError(RuntimeError):
    """What the worker said before it was stopped, for the log."""


def _said(finished: cage.Finished) -> dict[str, Any] | None:
    try:
        said = json.loads(finished.out[-1]) if finished.out else None
    except ValueError:
        return None
    return said if finished.code == 0 and isinstance(said, dict) else None
