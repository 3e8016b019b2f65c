"""Draws the posters of the demo programme. Run it from the checkout's root: `python
content/samples/pictures/make.py`. They are drawn, not photographed, so nobody's face or
rights travel with the samples.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
FONTS = HERE.parents[1] / "fonts"
SMOOTH = 3  # drawn larger, brought down at the end
WIDE, HIGH = 1200, 1000

CREAM, SUN, LEAF, DEEP = "#FFF6E0", "#F6B93B", "#2E8B6F", "#0B4A3C"
SKIN, HAIR, SHIRT, COAT = "#E9B48C", "#2B1F1A", "#E2573D", "#FFFFFF"


class Poster:
    """A sheet measured in its final pixels."""

    def __init__(self, ground: str) -> None:
        self._image = Image.new("RGB", (WIDE * SMOOTH, HIGH * SMOOTH), ground)
        self._draw = ImageDraw.Draw(self._image)

    def box(
        self, x: float, y: float, right: float, bottom: float, fill: str, radius: float = 0
    ) -> None:
        self._draw.rounded_rectangle(_big(x, y, right, bottom), radius * SMOOTH, fill)

    def disc(self, x: float, y: float, across: float, down: float, fill: str) -> None:
        self._draw.ellipse(_big(x - across, y - down, x + across, y + down), fill)

    def shape(self, fill: str, *points: tuple[float, float]) -> None:
        self._draw.polygon([(x * SMOOTH, y * SMOOTH) for x, y in points], fill)

    def stroke(self, fill: str, width: float, *points: tuple[float, float]) -> None:
        big = [(x * SMOOTH, y * SMOOTH) for x, y in points]
        self._draw.line(big, fill, int(width * SMOOTH), joint="curve")

    def smile(self, x: float, y: float, size: float, fill: str) -> None:
        ring = _big(x - size, y - size, x + size, y + size)
        self._draw.arc(ring, 25, 155, fill, 6 * SMOOTH)

    def text(self, x: float, y: float, words: str, size: float, fill: str) -> None:
        font = ImageFont.truetype(FONTS / "NotoSans-Bold.ttf", int(size * SMOOTH))
        self._draw.text((x * SMOOTH, y * SMOOTH), words, fill, font, anchor="mm")

    def save(self, name: str) -> None:
        small = self._image.resize((WIDE, HIGH), Image.Resampling.LANCZOS)
        small.save(HERE / name, quality=86, optimize=True)


def _big(x: float, y: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return x * SMOOTH, y * SMOOTH, right * SMOOTH, bottom * SMOOTH


def vaccination_day() -> None:
    poster = Poster(CREAM)
    poster.disc(600, 640, 470, 470, "#FCE3AE")
    poster.shape(
        LEAF, (0, 900), (280, 830), (620, 880), (960, 820), (1200, 870), (1200, 1000), (0, 1000)
    )
    poster.box(0, 0, WIDE, 236, DEEP)
    poster.box(0, 236, WIDE, 250, SUN)
    poster.text(600, 118, "NGÀY TIÊM CHỦNG", 122, "#FFFFFF")
    _nurse(poster, 395, 560)
    _child(poster, 850, 690)
    _syringe(poster)
    _shield(poster, 1010, 430)
    poster.box(0, 900, WIDE, HIGH, DEEP)
    poster.text(600, 948, "Sáng thứ Bảy · 7 giờ 30 · Trạm y tế xã", 60, "#FFFFFF")
    poster.save("vaccination.jpg")


def _nurse(poster: Poster, x: float, y: float) -> None:
    poster.box(x - 150, y + 110, x + 150, y + 420, COAT, 90)
    poster.shape(LEAF, (x - 46, y + 108), (x + 46, y + 108), (x, y + 190))
    poster.box(x - 34, y + 70, x + 34, y + 128, SKIN, 20)
    poster.disc(x, y - 26, 124, 126, HAIR)
    poster.disc(x, y, 102, 112, SKIN)
    poster.shape(
        HAIR,
        (x - 112, y - 40),
        (x - 60, y - 112),
        (x + 60, y - 112),
        (x + 112, y - 40),
        (x + 20, y - 74),
    )
    poster.box(x - 84, y - 158, x + 84, y - 96, COAT, 20)
    poster.box(x - 8, y - 150, x + 8, y - 104, LEAF)
    poster.box(x - 23, y - 135, x + 23, y - 119, LEAF)
    _face(poster, x, y)
    poster.stroke(COAT, 74, (x + 110, y + 170), (x + 200, y + 230), (x + 262, y + 196))
    poster.disc(x + 278, y + 186, 34, 34, SKIN)


def _child(poster: Poster, x: float, y: float) -> None:
    poster.box(x - 112, y + 96, x + 112, y + 320, SHIRT, 70)
    poster.stroke(SKIN, 52, (x - 96, y + 150), (x - 128, y + 220))
    poster.stroke(SKIN, 52, (x + 92, y + 150), (x + 172, y + 90), (x + 186, y + 20))
    poster.disc(x + 188, y + 4, 32, 32, SKIN)
    poster.disc(x, y - 22, 106, 106, HAIR)
    poster.disc(x, y + 4, 94, 98, SKIN)
    poster.shape(
        HAIR,
        (x - 100, y - 26),
        (x - 50, y - 100),
        (x + 50, y - 100),
        (x + 100, y - 26),
        (x, y - 60),
    )
    _face(poster, x, y + 10)


def _face(poster: Poster, x: float, y: float) -> None:
    for side in (-38, 38):
        poster.disc(x + side, y - 4, 9, 12, HAIR)
        poster.disc(x + side * 1.55, y + 34, 17, 11, "#E0946F")
    poster.smile(x, y + 22, 34, "#8C3B2A")


def _syringe(poster: Poster) -> None:
    """Points from the nurse's hand to the child's arm."""
    poster.stroke("#5B7C8D", 5, (718, 806), (744, 840))
    poster.stroke("#BFE3EE", 30, (682, 760), (720, 808))
    poster.stroke("#5B7C8D", 12, (664, 736), (684, 762))
    poster.stroke("#5B7C8D", 14, (650, 748), (680, 724))


def _shield(poster: Poster, x: float, y: float) -> None:
    poster.shape(
        LEAF,
        (x, y - 110),
        (x + 96, y - 74),
        (x + 88, y + 30),
        (x, y + 104),
        (x - 88, y + 30),
        (x - 96, y - 74),
    )
    poster.stroke("#FFFFFF", 24, (x - 44, y - 10), (x - 10, y + 30), (x + 50, y - 48))


if __name__ == "__main__":
    vaccination_day()
