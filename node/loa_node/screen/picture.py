"""Picture files, opened only when they are what they should be.

The size is read from the first bytes before anything is decoded: a small file can unfold to
gigabytes, and the screen must not die of a poster.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pygame

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 12_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"


def size_of(head: bytes) -> tuple[int, int] | None:
    """(width, height) of a PNG or JPEG from its bytes; None for anything else."""
    if head.startswith(_PNG) and head[12:16] == b"IHDR" and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return width, height
    if head.startswith(_JPEG):
        return next(_frames(head), None)
    return None


def _frames(data: bytes) -> Iterator[tuple[int, int]]:
    """Sizes in the frame headers of a JPEG, walking from marker to marker."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            yield width, height
            return
        if length < 2:
            return
        at += 2 + length


def load(path: str) -> pygame.Surface | None:
    """None when the file is missing, not a picture, too large or broken: it is left out."""
    try:
        data = _bytes(Path(path))
        size = size_of(data)
        if size is None or not 0 < size[0] * size[1] <= MOST_PIXELS:
            return None
        return pygame.image.load(path)
    except (OSError, pygame.error):
        return None


def _bytes(path: Path) -> bytes:
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return b""
    return path.read_bytes()


def fitted(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """As large as fits the room with its proportions kept, grown at most threefold."""
    scale = min(room[0] / size[0], room[1] / size[1], 3.0)
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))
