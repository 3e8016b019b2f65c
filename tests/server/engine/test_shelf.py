from __future__ import annotations

import hashlib
import os
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


def test_what_is_not_wanted_any_more_goes_and_the_record_keeps_it(
    tmp_path: Path, private: Path
) -> None:
    shelf, public = PublicShelf(tmp_path / "public", private), tmp_path / "public"
    others = [f"envelopes/{n}" for n in ("old", "wanted", "new")]
    shelf.put([PublicFile("root/1", b"root"), PublicFile(NAME, None)])
    shelf.put(PublicFile(name, b"signed") for name in others)
    for name in ("root/1", NAME, *others[:2]):
        os.utime(public / name, (100, 100))

    gone = shelf.prune({"envelopes/wanted"}, before=200, most=9)

    left = {str(file.relative_to(public)) for file in public.rglob("*") if file.is_file()}
    assert (gone, left) == (2, {"root/1", "envelopes/wanted", "envelopes/new"})
    assert (private / NAME).read_bytes() == BODY


def test_pruning_goes_in_pieces(tmp_path: Path, private: Path) -> None:
    shelf = PublicShelf(tmp_path / "public", private)
    shelf.put(PublicFile(f"envelopes/{n}", b"signed") for n in range(5))
    later = (tmp_path / "public/envelopes/0").stat().st_mtime + 60

    assert [shelf.prune((), later, most=3) for _ in range(3)] == [3, 2, 0]
