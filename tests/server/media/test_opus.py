"""The gain in the head of an Ogg Opus file."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from loa_server.media import opus

# The check value of the polynomial 0x04C11DB7, not reflected, from zero, over "123456789".
KNOWN_CRC = 0x89A1897F


def a_file(path: Path, gain: int = 0) -> Path:
    page = struct.pack("<4sBBQIIIBB", b"OggS", 0, 2, 0, 1, 0, 0, 1, 19)
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 312, 48_000, gain, 0)
    path.write_bytes(page + head + b"the rest")
    return path


def gain_of(path: Path) -> int:
    return int(struct.unpack_from("<h", path.read_bytes(), opus.GAIN_AT)[0])


def test_the_checksum_is_oggs() -> None:
    assert opus.ogg_crc(b"123456789") == KNOWN_CRC


def test_trims_add_up_in_steps_of_a_256th_decibel(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.opus")

    opus.trim(path, -1.5)
    opus.trim(path, 0.25)

    assert gain_of(path) == -320
    assert path.read_bytes().endswith(b"the rest")


def test_the_page_is_signed_off_again(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.opus")

    opus.trim(path, -3)

    page = bytearray(path.read_bytes()[: opus.HEAD_BYTES])
    written = struct.unpack_from("<I", page, opus.CRC_AT)[0]
    struct.pack_into("<I", page, opus.CRC_AT, 0)
    assert written == opus.ogg_crc(bytes(page))


@pytest.mark.parametrize("body", [b"", b"OggS" + bytes(60), b"RIFF" + bytes(60)])
def test_another_file_is_left_alone(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(body)

    with pytest.raises(opus.NotOpusError):
        opus.trim(path, 1)

    assert path.read_bytes() == body
