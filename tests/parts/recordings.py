"""What people upload, good and bad, made anew for each test: nothing hostile lies in the tree."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

WORDS = (
    "Kính thưa bà con. Sáng thứ bảy này, trạm y tế xã tổ chức tiêm chủng cho trẻ em. "
    "Đề nghị bà con mang theo sổ tiêm chủng, và cho cháu ở lại theo dõi ba mươi phút."
)


def ffmpeg(*arguments: str | Path) -> str:
    """What it said on standard error."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-y", *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, check=True)
    return ran.stderr.decode(errors="replace")


def speech(path: Path, seconds: float, filters: str = "anull", *codec: str) -> Path:
    """A voice that repeats itself for `seconds`, in the format that the name says."""
    said = path.with_suffix(".said.wav")
    subprocess.run(["espeak-ng", "-v", "vi", "-a", "60", "-w", said, WORDS], check=True)
    ffmpeg(
        *("-stream_loop", "-1", "-i", str(said), "-t", str(seconds)),
        *("-ar", "48000", "-af", filters, *codec, str(path)),
    )
    said.unlink()
    return path


def converted(source: Path, path: Path, *codec: str) -> Path:
    ffmpeg("-i", source, *codec, path)
    return path


def first_half(source: Path, path: Path) -> Path:
    body = source.read_bytes()
    path.write_bytes(body[: len(body) // 2])
    return path


@dataclass(frozen=True)
class Loudness:
    lufs: float
    true_peak: float


def loudness(path: Path) -> Loudness:
    """Measured here by EBU R128, not by the code under test."""
    log = ffmpeg("-i", path, "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-")
    summary = log[log.rindex("Summary:") :]
    integrated, peak = re.search(r"I:\s+(\S+)", summary), re.search(r"Peak:\s+(\S+)", summary)
    assert integrated is not None
    assert peak is not None
    return Loudness(float(integrated[1]), float(peak[1]))
