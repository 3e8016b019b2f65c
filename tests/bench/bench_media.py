"""What a five-minute bulletin costs the server, beside a bare encoder in the same run.

    python -m bench.bench_media        (or `make bench`)

Ours decodes, measures, compresses, limits, encodes, measures; plain is `ffmpeg -c:a libopus`
with the same bit rate and nothing else.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loa_server.media.picture import prepare_picture
from loa_server.media.voice import prepare_voice
from parts.recordings import Loudness, ffmpeg, loudness, speech

SECONDS = 300
LARGEST = 950_000


@dataclass(frozen=True)
class Cost:
    cpu_s: float
    wall_s: float


def cost_of(work: Callable[[], object]) -> Cost:
    """Of the children only: both sides run their converters as programs."""
    before, began = _cpu(), time.monotonic()
    work()
    return Cost(_cpu() - before, time.monotonic() - began)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        source = speech(work / "bulletin.wav", SECONDS)
        _voice(source, work)
        _picture(work)


def bench_five_minutes() -> None:
    main()


def _voice(source: Path, work: Path) -> None:
    job = work / "job"
    job.mkdir()
    plain = work / "plain.opus"
    encoder = ("-threads", "1", "-i", source, "-c:a", "libopus", "-b:a", "24k")
    theirs = cost_of(lambda: ffmpeg(*encoder, "-application", "voip", plain))
    ours = cost_of(lambda: prepare_voice(source, job))
    voice = job / "voice.opus"
    _line("five-minute voice, plain ffmpeg", theirs, plain, loudness(plain))
    _line("five-minute voice, ours", ours, voice, loudness(voice))
    print(f"  ours / plain: {ours.cpu_s / theirs.cpu_s:.2f} x the processor time")
    print(f"  limit {LARGEST:,} bytes; -16 LUFS ±1; true peak at most -1.5 dB")


def _line(what: str, cost: Cost, path: Path, heard: Loudness) -> None:
    size = path.stat().st_size
    print(
        f"{what}: {cost.cpu_s:.2f} s CPU, {cost.wall_s:.2f} s; {size:,} bytes; "
        f"{heard.lufs:.1f} LUFS, peak {heard.true_peak:.1f} dB"
    )


def _picture(work: Path) -> None:
    photo = work / "photo.jpg"
    ffmpeg("-f", "lavfi", "-i", "mandelbrot=size=4000x3000", "-frames:v", "1", "-q:v", "3", photo)
    cost = cost_of(lambda: prepare_picture(photo, work))
    size = (work / "picture.jpg").stat().st_size
    print(f"12-megapixel photograph: {cost.cpu_s:.2f} s CPU, {cost.wall_s:.2f} s; {size:,} bytes")


if __name__ == "__main__":
    main()
