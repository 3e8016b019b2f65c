"""Files named by their content, whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from loa_server.media import shelfmark

BODY = b"OggS" + bytes(3 << 20)
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "voice.opus"
    path.write_bytes(BODY)
    return path


def test_a_file_is_found_under_its_hash_and_everyone_may_read_it(
    tmp_path: Path, source: Path
) -> None:
    placed = shelfmark.place(source, tmp_path / "public")

    assert placed == tmp_path / "public" / "media" / SHA256
    assert placed.read_bytes() == BODY
    assert placed.stat().st_mode & 0o777 == 0o644
    assert shelfmark.hash_of(placed) == SHA256


def test_placing_it_again_changes_nothing_and_leaves_nothing(tmp_path: Path, source: Path) -> None:
    first = shelfmark.place(source, tmp_path).stat()

    again = shelfmark.place(source, tmp_path)

    assert (again.stat().st_ino, again.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    assert [f.name for f in again.parent.iterdir()] == [SHA256]


def test_a_copy_that_was_cut_short_is_put_right(tmp_path: Path, source: Path) -> None:
    placed = shelfmark.place(source, tmp_path)
    placed.write_bytes(BODY[:1000])

    assert shelfmark.place(source, tmp_path).read_bytes() == BODY


def test_a_source_that_cannot_be_read_leaves_nothing_on_the_shelf(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        shelfmark.place(tmp_path / "nothing", tmp_path)

    assert list((tmp_path / "media").iterdir()) == []
