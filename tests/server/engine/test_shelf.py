from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from loa_server.dispatch.public import PublicFile
from loa_server.engine.shelf import PublicShelf

BODY = b"as if it were sound"
NAME = f"media/{hashlib.sha256(BODY).hexdigest()}"


@pytest.fixture
def private(tmp_path: Path) -> Path:
    made = tmp_path / "private" / NAME
    made.parent.mkdir(parents=True)
    made.write_bytes(BODY)
    return tmp_path / "private"


def test_documents_and_media_lie_under_their_names(tmp_path: Path, private: Path) -> None:
    public = tmp_path / "public"

    PublicShelf(public, private).put(
        [PublicFile("areas/vn-1/manifest", b"one"), PublicFile(NAME, None)]
    )

    assert (public / "areas/vn-1/manifest").read_bytes() == b"one"
    assert (public / NAME).read_bytes() == BODY


def test_a_newer_manifest_takes_the_place_of_the_older(tmp_path: Path, private: Path) -> None:
    shelf = PublicShelf(tmp_path / "public", private)
    shelf.put([PublicFile("areas/vn-1/manifest", b"one")])

    shelf.put([PublicFile("areas/vn-1/manifest", b"two")])

    folder = tmp_path / "public" / "areas" / "vn-1"
    assert [f.read_bytes() for f in folder.iterdir()] == [b"two"]


def test_what_lies_there_already_is_not_written_again(tmp_path: Path, private: Path) -> None:
    shelf = PublicShelf(tmp_path / "public", private)
    files = [PublicFile("root/1", b"root"), PublicFile(NAME, None)]
    shelf.put(files)
    before = [(tmp_path / "public" / f.path).stat().st_ino for f in files]

    shelf.put(files)

    assert [(tmp_path / "public" / f.path).stat().st_ino for f in files] == before


def test_a_published_medium_outlives_the_private_one(tmp_path: Path, private: Path) -> None:
    PublicShelf(tmp_path / "public", private).put([PublicFile(NAME, None)])

    (private / NAME).unlink()

    assert (tmp_path / "public" / NAME).read_bytes() == BODY


def test_a_medium_that_is_lost_holds_nothing_else_back(tmp_path: Path) -> None:
    shelf = PublicShelf(tmp_path / "public", tmp_path / "nowhere")

    shelf.put([PublicFile(NAME, None), PublicFile("root/1", b"root")])

    assert (tmp_path / "public" / "root" / "1").exists()
    assert not (tmp_path / "public" / NAME).exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, private: Path) -> None:
    (tmp_path / "public").write_bytes(b"not a folder")

    with pytest.raises(OSError, match="public"):
        PublicShelf(tmp_path / "public", private).put([PublicFile("root/1", b"root")])
