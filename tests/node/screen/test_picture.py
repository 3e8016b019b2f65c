"""A picture's size is known before it is decoded, so that a small file cannot fill the memory."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_node.screen.picture import fitted, load, size_of

POSTER = Path(__file__).parents[3] / "content/samples/pictures/vaccination.jpg"


def png_head(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def test_sizes_are_read_from_png_and_jpeg() -> None:
    assert size_of(png_head(12000, 9000)) == (12000, 9000)
    assert size_of(POSTER.read_bytes()) == (1200, 1000)


@given(st.binary(max_size=200))
def test_other_bytes_have_no_size_and_do_no_harm(data: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        assert size_of(head + data) is None or len(data) >= 7


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>not a picture</html>", b"\xff\xd8\xff\xe0 broken", png_head(12000, 12000)],
    ids=["empty", "a web page", "half a jpeg", "a bomb"],
)
def test_what_is_no_usable_picture_is_left_out(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "poster.jpg"
    path.write_bytes(data)

    assert load(str(path)) is None


def test_a_missing_file_and_a_folder_are_left_out(tmp_path: Path) -> None:
    assert load(str(tmp_path / "gone.png")) is None
    assert load(str(tmp_path)) is None


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000), st.integers(1, 2000))
def test_a_fitted_picture_stays_in_its_room(w: int, h: int, room_w: int, room_h: int) -> None:
    width, height = fitted((w, h), (room_w, room_h))

    assert 1 <= width <= room_w
    assert 1 <= height <= room_h
