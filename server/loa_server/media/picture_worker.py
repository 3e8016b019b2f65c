"""Inside the cage: one picture in, one clean JPEG out, one JSON line said.

    {"done": [width, height]}   |   {"refused": code, "values": {…}}

Whatever else happens (memory, time, a crash in a decoder) is the parent's to explain.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 25_000_000
BOX = (1920, 1080)
QUALITY = 82


def convert(source: str, target: str) -> dict[str, Any]:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(source, formats=FORMATS) as opened:
            opened.draft("RGB", BOX)  # a JPEG far larger than the screen is never fully unpacked
            return {"done": _save(opened, target)}
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return {"refused": "bomb", "values": {"limit": MOST_PIXELS // 10**6}}
    except UnidentifiedImageError:
        return {"refused": "not_picture", "values": {}}
    except (OSError, SyntaxError, ValueError):  # Pillow's words for cut or inconsistent data
        return {"refused": "damaged_picture", "values": {}}


def _save(opened: Image.Image, target: str) -> list[int]:
    upright = ImageOps.exif_transpose(opened)
    upright.thumbnail(BOX, Image.Resampling.LANCZOS)
    clean = _on_white(upright)
    clean.save(target, "JPEG", quality=QUALITY, optimize=True, exif=b"", icc_profile=None)
    return list(clean.size)


def _on_white(picture: Image.Image) -> Image.Image:
    """JPEG has no transparency; a fresh image carries over no metadata either."""
    white = Image.new("RGB", picture.size, "white")
    see_through = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    if see_through:
        layer = picture.convert("RGBA")
        white.paste(layer, mask=layer.getchannel("A"))
    else:
        white.paste(picture.convert("RGB"))
    return white


if __name__ == "__main__":
    sys.stdout.write(json.dumps(convert(sys.argv[1], sys.argv[2])) + "\n")
