"""Pictures as people send them: turned upright, cleaned, small, or refused in words."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from loa_server.media import picture, picture_worker
from loa_server.media.refusal import MediaRefusedError

ORIENTATION, GPS = 0x0112, 0x8825


def a_picture(path: Path, size: tuple[int, int] = (400, 300), mode: str = "RGB") -> Path:
    Image.new(mode, size).save(path)
    return path


def converted(source: Path, folder: Path) -> Image.Image:
    target = folder / "out.jpg"
    said = picture_worker.convert(str(source), str(target))
    image = Image.open(target)
    assert said == {"done": list(image.size)}
    assert image.format == "JPEG"
    return image


def refusal(source: Path, folder: Path) -> str:
    return str(picture_worker.convert(str(source), str(folder / "out.jpg")).get("refused"))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_the_three_formats_become_jpeg(tmp_path: Path, name: str) -> None:
    assert converted(a_picture(tmp_path / name), tmp_path).size == (400, 300)


@pytest.mark.parametrize(
    ("size", "shown"),
    [((3840, 2160), (1920, 1080)), ((3000, 4000), (810, 1080)), ((640, 480), (640, 480))],
)
def test_it_fits_the_screen_and_is_never_enlarged(
    tmp_path: Path, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert converted(a_picture(tmp_path / "a.jpg", size), tmp_path).size == shown


def test_a_telephone_held_upright_gives_an_upright_picture_without_its_whereabouts(
    tmp_path: Path,
) -> None:
    source = Image.new("RGB", (400, 300), "blue")
    source.paste("red", (0, 0, 400, 150))
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # turn clockwise: what was the top is on the right
    exif[0x010E] = "Ap 3"
    exif.get_ifd(GPS)[2] = (11.0, 39.0, 0.0)
    source.save(tmp_path / "a.jpg", exif=exif, quality=95)

    image = converted(tmp_path / "a.jpg", tmp_path)

    assert image.size == (300, 400)
    assert dict(image.getexif()) == {}
    assert "icc_profile" not in image.info
    right, left = image.getpixel((250, 200)), image.getpixel((50, 200))
    assert isinstance(right, tuple)
    assert isinstance(left, tuple)
    assert right[0] > 200
    assert left[0] < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16"])
def test_every_kind_of_png_can_be_shown(tmp_path: Path, mode: str) -> None:
    assert converted(a_picture(tmp_path / "a.png", mode=mode), tmp_path).mode == "RGB"


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(tmp_path / "a.png")

    assert converted(tmp_path / "a.png", tmp_path).getpixel((5, 5)) == (255, 255, 255)


def test_a_renamed_picture_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    a_picture(tmp_path / "a.jpg").rename(tmp_path / "a.png")

    assert converted(tmp_path / "a.png", tmp_path).size == (400, 300)


def a_bomb(path: Path, width: int, height: int) -> Path:
    """A tiny PNG that unpacks to width × height: rows of nothing, squeezed."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def test_12000_by_12000_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    bomb = a_bomb(tmp_path / "a.png", 12_000, 12_000)

    with pytest.raises(MediaRefusedError) as refused:
        picture.refuse_at_sight(bomb)

    assert refused.value.code == "too_many_pixels"
    assert "12000 × 12000" in refused.value.vi


def test_pillow_refuses_a_bomb_too_where_the_first_bytes_say_nothing(tmp_path: Path) -> None:
    assert refusal(a_bomb(tmp_path / "a.png", 12_000, 12_000), tmp_path) == "bomb"
    assert refusal(a_bomb(tmp_path / "b.png", 5_100, 5_000), tmp_path) == "bomb"
    assert refusal(a_bomb(tmp_path / "c.png", 5_000, 4_900), tmp_path) == "None"


def cut(path: Path) -> Path:
    whole = io.BytesIO()
    Image.effect_noise((600, 400), 60).convert("RGB").save(whole, "JPEG")
    path.write_bytes(whole.getvalue()[:9000])
    return path


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda d: cut(d / "a.jpg"), "damaged_picture"),
        (lambda d: written(d / "a.png", b"hello"), "not_picture"),
        (lambda d: written(d / "a.png", b"\x89PNG\r\n\x1a\n" + b"x" * 90), "damaged_picture"),
        (lambda d: a_picture(d / "a.gif"), "not_picture"),
        (lambda d: a_picture(d / "a.tiff"), "not_picture"),
        (lambda d: written(d / "a.svg", b"<svg xmlns='http://example.org'/>"), "not_picture"),
        (lambda d: written(d / "a.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n"), "not_picture"),
    ],
)
def test_what_is_no_picture_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    assert refusal(make(tmp_path), tmp_path) == code


def written(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"x" * (picture.LARGEST + 1), "picture_too_heavy"),
    ],
)
def test_some_files_are_refused_at_sight(tmp_path: Path, body: bytes, code: str) -> None:
    with pytest.raises(MediaRefusedError) as refused:
        picture.refuse_at_sight(written(tmp_path / "a.jpg", body))

    assert refused.value.code == code


@pytest.mark.parts
def test_a_prepared_picture_is_named_by_its_own_bytes(tmp_path: Path) -> None:
    source = a_picture(tmp_path / "a.png", (2400, 1000))
    job = tmp_path / "job"
    job.mkdir()

    made = picture.prepare_picture(source, job)

    assert (made.width, made.height, made.type) == (1920, 800, "image/jpeg")
    assert made.bytes == made.path.stat().st_size
    assert [f.name for f in job.iterdir()] == ["picture.jpg"]


@pytest.mark.parts
def test_a_picture_and_a_page_in_one_file_leaves_only_the_picture(tmp_path: Path) -> None:
    source = a_picture(tmp_path / "a.jpg")
    source.write_bytes(source.read_bytes() + b"<script>alert(1)</script>")
    job = tmp_path / "job"
    job.mkdir()

    assert b"script" not in picture.prepare_picture(source, job).path.read_bytes()


@pytest.mark.parts
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda d: cut(d / "a.jpg"), "damaged_picture"),
        (lambda d: written(d / "a.png", b"hello"), "not_picture"),
        (lambda d: a_bomb(d / "a.png", 12_000, 12_000), "too_many_pixels"),
    ],
)
def test_the_workers_refusal_reaches_the_clerk(
    tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    job = tmp_path / "job"
    job.mkdir()

    with pytest.raises(MediaRefusedError) as refused:
        picture.prepare_picture(make(tmp_path), job)

    assert refused.value.code == code
    assert list(job.iterdir()) == []
