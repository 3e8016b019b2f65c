"""The output gain field of an Ogg Opus file (RFC 7845 §5.1): the last decibel, without encoding.

Every decoder we ship to applies it (libVLC, ffmpeg, browsers), so a bulletin lands exactly on
its loudness and one overshooting syllable does not cost a second run of the encoder.
"""

from __future__ import annotations

import struct
from pathlib import Path

HEAD_BYTES = 28 + 19  # one Ogg page header with one segment, one OpusHead
CRC_AT, MAGIC_AT, GAIN_AT = 22, 28, 28 + 16
POLYNOMIAL = 0x04C11DB7


class NotOpusError(ValueError):
    """Not an Ogg Opus file as our encoder writes it."""


def trim(path: Path, decibels: float) -> None:
    """Changes how loud the file plays by `decibels`, on top of what its head already says."""
    with path.open("r+b") as f:
        page = bytearray(f.read(HEAD_BYTES))
        if page[:4] != b"OggS" or page[MAGIC_AT : MAGIC_AT + 8] != b"OpusHead":
            raise NotOpusError(path.name)
        before = struct.unpack_from("<h", page, GAIN_AT)[0]
        struct.pack_into("<h", page, GAIN_AT, before + round(decibels * 256))
        struct.pack_into("<I", page, CRC_AT, 0)
        struct.pack_into("<I", page, CRC_AT, ogg_crc(bytes(page)))
        f.seek(0)
        f.write(page)


def ogg_crc(page: bytes) -> int:
    """Ogg's own CRC-32: not reflected, starting at zero, unlike zlib's."""
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (POLYNOMIAL if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc
