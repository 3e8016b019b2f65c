"""Sound files to play, good and broken, and what a WAV says was heard."""

from __future__ import annotations

import math
import struct
import subprocess
import wave
from pathlib import Path

import numpy as np

WINDOW_MS = 100


def a_tone(path: Path, hertz: int = 1000, seconds: float = 2.0) -> Path:
    """A tone in the format that the name says; Opus as the server makes it, with short pages."""
    source = f"sine=frequency={hertz}:duration={seconds}:sample_rate=48000,volume=6dB"
    opus = "-c:a libopus -b:a 24k -application voip -frame_duration 60 -page_duration 200000"
    codec = opus.split() if path.suffix == ".opus" else []
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-ac", "1", *codec]
    subprocess.run([*command, str(path)], check=True)
    return path


def cut(path: Path, share: float) -> Path:
    """Only the first part of the file, as a broken download would leave it."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def heard(wav: Path, from_ms: int = 0) -> list[int]:
    """The loudest frequency of each 100 ms window to 10 Hz, 0 for silence."""
    samples, rate = samples_of(wav)
    size = rate * WINDOW_MS // 1000
    begin = rate * from_ms // 1000
    return [
        _loudest(samples[at : at + size], rate)
        for at in range(begin, len(samples) - size + 1, size)
    ]


def loudness_db(wav: Path, from_ms: int, to_ms: int) -> float:
    """Root mean square of a stretch, in dB below full scale."""
    samples, rate = samples_of(wav)
    stretch = samples[rate * from_ms // 1000 : rate * to_ms // 1000]
    return 20 * math.log10(max(1e-9, float(np.sqrt((stretch**2).mean())) / 32768))


def samples_of(wav: Path) -> tuple[np.ndarray, int]:
    with wave.open(str(wav)) as file:
        data = file.readframes(file.getnframes())
        return np.frombuffer(data, dtype="<i2").astype(float), file.getframerate()


def declared_bytes(wav: Path) -> int:
    """What the WAV's header says about its samples."""
    with wav.open("rb") as file:
        return int(struct.unpack("<I", file.read(44)[40:])[0])


def _loudest(window: np.ndarray, rate: int) -> int:
    if np.sqrt((window**2).mean()) < 50:
        return 0
    spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window))))
    return round(int(np.argmax(spectrum)) * rate / len(window) / 10) * 10
