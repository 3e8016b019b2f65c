"""ffmpeg and ffprobe as we allow them: sound containers only, local files only, in a cage.

`-format_whitelist` matters: without it an HLS playlist named .mp3 opens as HLS and fetches
its links. `-codec_whitelist` keeps every decoder shut but those of sound and, for the probe,
which opens all tracks, those of cover pictures and telephone videos.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loa_server.media import cage
from loa_server.media.refusal import MediaRefusedError

CONTAINERS = "mp3,wav,w64,ogg,mov,aac,flac,matroska,amr,aiff,caf"
DECODERS = (
    "mp3,mp3float,mp2,mp2float,aac,aac_latm,libopus,opus,vorbis,flac,alac,amrnb,amrwb,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f64le,pcm_u8,"
    "pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,gsm_ms"
)
# ffmpeg guesses MP3 with a score of 1 for any rubbish; a real file scores 25 or more.
LEAST_SCORE = 10
BESIDE_SOUND = "mjpeg,png,bmp,h264,hevc,mpeg4,h263,vp8,vp9"
INPUT = ("-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS)

Heard = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Probed:
    declared_s: float | None  # what the header promises; None when it is absent or an estimate


def probe(source: Path, workdir: Path) -> Probed:
    """Raises MediaRefusedError when there is no sound in it that we decode."""
    command = (
        *("ffprobe", "-v", "warning", *INPUT, "-probesize", "10M", "-of", "json"),
        *("-codec_whitelist", f"{DECODERS},{BESIDE_SOUND}"),
        *("-show_entries", "format=duration,probe_score:stream=codec_type,duration,sample_rate"),
        *("-i", f"file:{source}"),
    )
    finished = cage.run(cage.Cage(write=workdir, read=(source,), cpu_s=30, wall_s=60), command)
    if finished.timed_out:
        raise MediaRefusedError("too_heavy")
    found = _answer(finished)
    sound = [s for s in found.get("streams", []) if s.get("codec_type") == "audio"]
    if "moov atom not found" in finished.err and _is_mp4(source):
        raise MediaRefusedError("truncated_unknown")  # its table of contents stands at the end
    _must_have_sound(found, sound)
    if "Estimating duration from bitrate" in finished.err:
        return Probed(None)
    return Probed(_seconds(sound[0]) or _seconds(found["format"]))


def _is_mp4(source: Path) -> bool:
    with source.open("rb") as f:
        return f.read(8)[4:] == b"ftyp"


def _answer(finished: cage.Finished) -> dict[str, Any]:
    try:
        found = json.loads("".join(finished.out))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _must_have_sound(found: dict[str, Any], sound: list[dict[str, Any]]) -> None:
    if int(found.get("format", {}).get("probe_score", 0)) < LEAST_SCORE:
        raise MediaRefusedError("not_audio")
    if not sound:
        raise MediaRefusedError("no_sound" if found.get("streams") else "not_audio")
    if int(sound[0].get("sample_rate", 0)) <= 0:
        raise MediaRefusedError("not_audio")


def _seconds(part: dict[str, Any]) -> float | None:
    try:
        return float(part["duration"])
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Job:
    """One run of ffmpeg over the first sound track of `source`, through `filters`."""

    source: Path
    workdir: Path
    filters: Sequence[str]
    output: Sequence[str]
    longest_s: float


class ConversionError(RuntimeError):
    """ffmpeg ended in an error; what it said."""


@dataclass(frozen=True, slots=True)
class Ran:
    seconds: float  # of sound that came out
    log: str  # what the measuring filters said


def run(job: Job, heard: Heard) -> Ran:
    """Raises MediaRefusedError at a limit, ConversionError when ffmpeg gives up."""
    seconds = 0.0

    def listen(line: str) -> None:
        nonlocal seconds
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.lstrip("-").isdigit():
            seconds = max(seconds, int(value) / 1e6)
            heard(seconds)

    command = (
        *("ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-v", "info", "-y", "-threads", "1"),
        *(
            *INPUT,
            "-codec_whitelist",
            DECODERS,
            "-i",
            f"file:{job.source}",
            "-map",
            "0:a:0",
            "-t",
            str(job.longest_s),
        ),
        *("-af", ",".join(job.filters), *job.output, "-progress", "pipe:1"),
    )
    finished = cage.run(cage.Cage(write=job.workdir, read=(job.source,)), command, listen)
    if finished.timed_out or finished.code < 0:
        raise MediaRefusedError("too_heavy")
    if finished.code != 0:
        raise ConversionError(finished.err[-2000:])
    return Ran(seconds, finished.err)


def said(log: str, label: str, default: float) -> float:
    """The last number after `label:` in what a measuring filter printed; -inf is a number."""
    found = re.findall(rf"{re.escape(label)}:\s*(-?(?:inf|[\d.]+))", log)
    return float(found[-1]) if found else default


def silences(log: str) -> list[tuple[float, float]]:
    """(start, length) of each silence that silencedetect printed, in seconds."""
    starts = re.findall(r"silence_start: (-?[\d.]+)", log)
    lengths = re.findall(r"silence_duration: ([\d.]+)", log)
    return [(float(s), float(n)) for s, n in zip(starts, lengths, strict=False)]
