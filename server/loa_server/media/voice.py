"""A recording of any kind becomes the one sound file a loudspeaker plays: small, even, loud.

    source -> probe -> decode (highpass; measure) -> rehearse (compressor, gain, limiter; measure)
    -> encode (Opus) -> measure -> trim -> still off the mark? encode, measure, trim once more

Opus mono 24 kbit/s in Ogg, -16 LUFS ±1, true peak at most -1.5 dB: every bulletin equally loud
whoever recorded it, and five minutes fit in 0.95 MB.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from loa_server.media import ffmpeg, fingerprint, opus
from loa_server.media.fingerprint import Fingerprint
from loa_server.media.refusal import MediaRefusedError, Warned, minutes, warn

TYPE = "audio/ogg; codecs=opus"  # RFC 7845 §9 (RFC 7587's audio/opus is for RTP only)
LARGEST = 100_000_000
LONGEST_S = 30 * 60
SHORTEST_S = 1.0
LEAST_DECODED = 0.95
TARGET_LUFS = -16.0
TOLERANCE_LU = 0.9
HIGHEST_PEAK_DB = -1.5
SILENT_LUFS = -55.0
MUCH_SILENCE = 0.30
TRAILING_S = 3.0
CLIPS_A_MINUTE = 10

DECODE = (
    "aresample=48000",
    "aformat=sample_fmts=s16:channel_layouts=mono",
    "astats=measure_perchannel=none:measure_overall=Peak_level+Peak_count",
    "aformat=sample_fmts=fltp",
    "highpass=f=120",  # wind, rumble and handling noise: a horn cannot play them anyway
    "ebur128=framelog=verbose",
)
# The compressor always meets a voice at COMPRESSED_AT, so a quiet recording is evened out as much
# as a loud one. Peaks, not averages: machine voices reach 25 dB above their loudness.
COMPRESSED_AT = -20.0
COMPRESSOR = "acompressor=threshold=-33dB:ratio=6:attack=0.5:release=60:detection=peak:knee=4"
LEAD_IN_MS = 200  # libVLC drops up to the first 120 ms of an Opus file: let it be silence
OPUS_LOSS = 0.4  # LU that 24 kbit/s takes from speech
OPUS = (
    *("-c:a", "libopus", "-b:a", "24k", "-vbr", "constrained", "-application", "voip"),
    *("-frame_duration", "60", "-ac", "1", "-map_metadata", "-1", "-map_chapters", "-1"),
    *("-page_duration", "500000"),  # a byte gone bad on a card costs half a second
    *("-fflags", "+bitexact", "-flags:a", "+bitexact", "-f", "ogg"),
)

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Voice:
    path: Path
    sha256: str
    bytes: int
    duration_ms: int
    lufs: float
    true_peak: float  # dB
    fingerprint: Fingerprint
    warnings: tuple[Warned, ...] = ()
    type: str = TYPE

    @property
    def lufs_tenths(self) -> int:
        """As it travels: the wire has no fractions."""
        return round(self.lufs * 10)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The recording at 48 kHz mono without its rumble, and how loud it is."""

    path: Path
    seconds: float
    lufs: float
    clips: float


@dataclass(frozen=True, slots=True)
class Setting:
    """Of the last stages, in dB: what the compressor meets, what it gives, the limiter's top."""

    lift: float
    gain: float = 22.0  # about what the compressor takes from a voice
    ceiling: float = -6.0  # Opus overshoots by up to 4 dB; the trim gives back what it did not

    def filters(self) -> tuple[str, ...]:
        return (
            f"volume={self.lift:.2f}dB",
            COMPRESSOR,
            f"volume={self.gain:.2f}dB",
            f"alimiter=limit={self.ceiling:.2f}dB:attack=5:release=50:level=false",
            "lowpass=f=9000",  # what a horn cannot play only costs bits, and makes Opus overshoot
            f"adelay={LEAD_IN_MS}",
        )

    def louder(self, by: float) -> Setting:
        """A decibel more into the limiter comes out as less than one: overcorrect a little."""
        return replace(self, gain=self.gain + by * 1.3)


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    lufs: float
    true_peak: float
    silences: list[tuple[float, float]]

    @property
    def trim(self) -> float:
        """Decibels to the target, as far as the peak allows."""
        return min(TARGET_LUFS - self.lufs, HIGHEST_PEAK_DB - self.true_peak)

    @property
    def within_reach(self) -> bool:
        return abs(self.lufs + self.trim - TARGET_LUFS) <= TOLERANCE_LU


class Stages:
    """Turns each stage's seconds into one number 0..1 that only grows."""

    def __init__(self, tell: Progress) -> None:
        self._tell = tell
        self._from, self._to = 0.0, 0.0

    def next(self, upto: float, seconds: float) -> ffmpeg.Heard:
        self._from, self._to = self._to, upto
        return lambda done: self._tell(
            self._from + (self._to - self._from) * min(1.0, done / max(seconds, 1e-3))
        )


def prepare_voice(source: Path, workdir: Path, *, progress: Progress = lambda _done: None) -> Voice:
    """The voice in `workdir` (the caller's, empty, for this job only) as voice.opus.

    Raises MediaRefusedError with a sentence for the clerk. `progress` hears 0..1.
    """
    source, workdir = source.resolve(), workdir.resolve()
    refuse_at_sight(source)
    declared = ffmpeg.probe(source, workdir).declared_s or wav_declares(source)
    if declared is not None and declared > LONGEST_S:
        raise MediaRefusedError("too_long", limit=LONGEST_S // 60)
    stages = Stages(progress)
    decoded = _decode(source, workdir, stages.next(0.15, declared or LONGEST_S))
    try:
        refuse_unusable(decoded, declared)
        voice = _produce(decoded, workdir, stages)
    finally:
        decoded.path.unlink(missing_ok=True)
    progress(1.0)
    return voice


def refuse_at_sight(source: Path) -> None:
    size = source.stat().st_size
    if size == 0:
        raise MediaRefusedError("empty")
    if size > LARGEST:
        raise MediaRefusedError("too_large", size=size // 10**6, limit=LARGEST // 10**6)
    with source.open("rb") as f:
        start = f.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"#extm3u", b"[playlist]", b"<asx", b"<smil")):
        raise MediaRefusedError("playlist")


def wav_declares(source: Path) -> float | None:
    """The length a WAV header promises: ffmpeg silently trims it to what the file still holds."""
    with source.open("rb") as f:
        head = f.read(4096)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    rate, at = 0, 12
    while at + 8 <= len(head):
        name, size = struct.unpack_from("<4sI", head, at)
        if name == b"fmt " and at + 20 <= len(head):
            rate = struct.unpack_from("<I", head, at + 16)[0]
        if name == b"data":  # 0 and all ones are what a program that streams writes
            return size / rate if rate and size not in {0, 0xFFFFFFFF} else None
        at += 8 + size + size % 2
    return None


def refuse_unusable(decoded: Decoded, declared: float | None) -> None:
    if decoded.seconds > LONGEST_S:
        raise MediaRefusedError("too_long", limit=LONGEST_S // 60)
    if declared is not None and decoded.seconds < declared * LEAST_DECODED:
        said = {"declared": minutes(declared), "decoded": minutes(decoded.seconds)}
        raise MediaRefusedError("truncated", **said)
    if decoded.seconds < SHORTEST_S:
        raise MediaRefusedError("too_short")
    if decoded.lufs <= SILENT_LUFS:
        raise MediaRefusedError("silent")


def _decode(source: Path, workdir: Path, heard: ffmpeg.Heard) -> Decoded:
    path = workdir / "decoded.wav"
    output = ("-c:a", "pcm_f32le", "-f", "wav", f"file:{path}")
    job = ffmpeg.Job(source, workdir, DECODE, output, LONGEST_S + 1)
    try:
        ran = ffmpeg.run(job, heard)
    except ffmpeg.ConversionError as e:  # the header was sound, what follows is not
        raise MediaRefusedError("not_audio") from e
    peak = ffmpeg.said(ran.log, "Peak level dB", -100.0)
    clips = ffmpeg.said(ran.log, "Peak count", 0.0) if peak > -0.1 else 0.0
    return Decoded(path, ran.seconds, ffmpeg.said(ran.log, "I", -70.0), clips)


def _produce(decoded: Decoded, workdir: Path, stages: Stages) -> Voice:
    setting = _rehearse(decoded, workdir, stages.next(0.30, decoded.seconds))
    path = workdir / "voice.opus"
    _encode(decoded, setting, path, stages.next(0.70, decoded.seconds))
    measured = _measure(path, stages.next(0.80, decoded.seconds))
    if not measured.within_reach:
        _encode(decoded, corrected(setting, measured), path, stages.next(0.95, decoded.seconds))
        measured = _measure(path, stages.next(1.0, decoded.seconds))
    opus.trim(path, measured.trim)
    body = path.read_bytes()
    return Voice(
        path=path,
        sha256=hashlib.sha256(body).hexdigest(),
        bytes=len(body),
        duration_ms=round(measured.seconds * 1000),
        lufs=round(measured.lufs + measured.trim, 1),
        true_peak=round(measured.true_peak + measured.trim, 1),
        fingerprint=fingerprint.make(path, path.parent, LONGEST_S + 2),
        warnings=tuple(warnings_of(decoded, measured)),
    )


def _rehearse(decoded: Decoded, workdir: Path, heard: ffmpeg.Heard) -> Setting:
    """Compressor and limiter take loudness away: hear how much before paying for the encoder."""
    setting = Setting(COMPRESSED_AT - decoded.lufs)
    filters = (*setting.filters(), "ebur128=framelog=verbose")
    job = ffmpeg.Job(decoded.path, workdir, filters, ("-f", "null", "-"), LONGEST_S)
    lufs = ffmpeg.said(ffmpeg.run(job, heard).log, "I", TARGET_LUFS)
    return setting.louder(TARGET_LUFS + OPUS_LOSS - lufs)


def _encode(decoded: Decoded, setting: Setting, path: Path, heard: ffmpeg.Heard) -> None:
    output = (*OPUS, f"file:{path}")
    job = ffmpeg.Job(decoded.path, path.parent, setting.filters(), output, LONGEST_S)
    ffmpeg.run(job, heard)


def _measure(path: Path, heard: ffmpeg.Heard) -> Measured:
    filters = ("silencedetect=noise=-40dB:d=1", "ebur128=framelog=verbose:peak=true")
    job = ffmpeg.Job(path, path.parent, filters, ("-f", "null", "-"), LONGEST_S + 2)
    ran = ffmpeg.run(job, heard)
    return Measured(
        seconds=ran.seconds,
        lufs=ffmpeg.said(ran.log, "I", -70.0),
        true_peak=ffmpeg.said(ran.log, "Peak", 0.0),
        silences=ffmpeg.silences(ran.log),
    )


def corrected(setting: Setting, measured: Measured) -> Setting:
    """What a lower ceiling takes from the loudness, about half of its decibels, comes back."""
    over = max(0.0, measured.true_peak - HIGHEST_PEAK_DB)
    lower = over + 0.3 if over else 0.0
    lowered = replace(setting, ceiling=setting.ceiling - lower)
    return lowered.louder(TARGET_LUFS - measured.lufs + lower / 2)


def warnings_of(decoded: Decoded, measured: Measured) -> list[Warned]:
    found: list[Warned] = []
    if decoded.clips >= max(CLIPS_A_MINUTE, CLIPS_A_MINUTE * decoded.seconds / 60):
        found.append(warn("clipping"))
    silent = sum(length for _, length in measured.silences)
    if silent > MUCH_SILENCE * measured.seconds:
        found.append(warn("much_silence", percent=round(100 * silent / measured.seconds)))
    last = measured.silences[-1] if measured.silences else (0.0, 0.0)
    if last[1] >= TRAILING_S and sum(last) >= measured.seconds - 0.5:
        found.append(warn("trailing_silence", seconds=round(last[1])))
    return found
