"""A room with a horn loudspeaker, echo, other noise and a cheap microphone; and one live."""

from __future__ import annotations

import subprocess
import threading
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

Wave = np.ndarray
RATE = 8000
BUFFER_S = 0.4  # less than the second that an ear listens after the end
FRAME = 12  # bytes of the loudspeaker's WAV (48 kHz, mono, 16 bit) that make one sample here


def decoded(path: Path) -> Wave:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(RATE)]
    done = subprocess.run([*command, "-f", "s16le", "-"], capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<i2").astype(float)


def as_samples(sound: Wave, peak: int = 12_000) -> list[int]:
    """As a microphone's converter gives them."""
    return [int(s) for s in np.round(sound / max(1e-9, np.abs(sound).max()) * peak)]


@dataclass
class Room:
    """Different each time it is used; the same for the same seed."""

    rng: np.random.Generator
    drift_ppm: float = 60.0  # how far two cheap crystals lie apart at most

    def hears(self, sound: Wave, snr_db: float) -> Wave:
        """`sound` through horn, air and walls, under noise of 10^(-snr/10) times its power."""
        heard = self._drifted(self._echoing(horn(sound)))
        return heard + self.noise(len(heard)) * np.sqrt((heard**2).mean() / 10 ** (snr_db / 10))

    def noise(self, n: int) -> Wave:
        """Rain on tin or a wide hum of everything, of power one."""
        return self.white(n) if self.rng.random() < 0.5 else self.pink(n)

    def white(self, n: int) -> Wave:
        return self.rng.normal(size=n)

    def pink(self, n: int) -> Wave:
        tones = np.fft.rfft(self.white(n))
        tones[1:] /= np.sqrt(np.arange(1, len(tones)))
        tones[0] = 0
        made = np.fft.irfft(tones, n)
        return made / made.std()

    def motor(self, n: int) -> Wave:
        """A motorbike: a note that wanders, and thirty overtones."""
        wander = np.cumsum(self.rng.normal(size=n)) / 20_000
        phase = 2 * np.pi * np.cumsum(self.rng.uniform(60, 140) * (1 + wander)) / RATE
        return sum(np.sin(k * phase + self.rng.uniform(0, 6)) / k**0.5 for k in range(1, 30))

    def music(self, n: int) -> Wave:
        """Karaoke next door: plucked notes, one upon the other."""
        played = np.zeros(n)
        for _ in range(3 * n // RATE):
            hertz, begin = 220 * 2 ** (self.rng.integers(0, 30) / 12), self.rng.integers(0, n)
            t = np.arange(min(RATE, n - begin)) / RATE
            for k in range(1, 6):
                note = np.sin(2 * np.pi * hertz * k * t) / k * np.exp(-2 * t)
                played[begin : begin + len(t)] += note
        return played + 1e-3 * self.white(n)

    def _echoing(self, sound: Wave) -> Wave:
        """Half direct, half a tail that is 60 dB down after 0.3 to 0.9 seconds."""
        length, wet = self.rng.uniform(0.3, 0.9), self.rng.uniform(0.3, 0.6)
        n = int(RATE * length)
        tail = self.rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / n)
        tail[:60] = 0  # the nearest wall is two metres and a half away
        tail *= np.sqrt(wet / (tail**2).sum())
        tail[0] = np.sqrt(1 - wet)
        return convolved(sound, tail)[: len(sound)]

    def _drifted(self, sound: Wave) -> Wave:
        ppm = self.rng.uniform(-self.drift_ppm, self.drift_ppm)
        n = np.arange(len(sound))
        return np.interp(n * (1 + ppm * 1e-6), n, sound)


def horn(sound: Wave) -> Wave:
    """Little below 400 Hz and above 3.4 kHz, an amplifier driven too far."""
    tones, hertz = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / RATE)
    with np.errstate(divide="ignore"):
        low = 1 / (1 + 1j * 400 / np.maximum(hertz, 1e-9) * -1) ** 2
    high = 1 / (1 + 1j * hertz / 3400)
    made = np.fft.irfft(tones * low * high, len(sound))
    return np.tanh(2 * made / max(1e-9, np.abs(made).max()))


def convolved(one: Wave, other: Wave) -> Wave:
    n = 1 << (len(one) + len(other)).bit_length()
    return np.fft.irfft(np.fft.rfft(one, n) * np.fft.rfft(other, n), n)


@dataclass
class LiveRoom:
    """A microphone's WAV that grows in real time: what the loudspeaker's WAV says, and noise.

    `amplifier` may be switched while it runs; without it only the noise is left.
    """

    loudspeaker: Path
    microphone: Path
    amplifier: bool = True
    _ending: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        with wave.open(str(self.microphone), "wb") as made:
            made.setparams((1, 2, RATE, 0, "NONE", ""))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        rng, began, given = np.random.default_rng(7), time.monotonic(), 0
        line = _Line(self.loudspeaker)
        with self.microphone.open("ab", buffering=0) as out:
            while not self._ending.wait(0.05):
                wanted = int((time.monotonic() - began) * RATE) - given
                given += wanted
                heard = 0.2 * line.take(wanted) * self.amplifier + rng.normal(size=wanted) * 150
                out.write(np.clip(heard, -32000, 32000).astype("<i2").tobytes())


class _Line:
    """What enters the loudspeaker's WAV in bursts, without holes: as a card's buffer makes it.

    The WAV is written by a process that a busy machine keeps waiting; each hole would shift the
    rest, and what is compared with would fit upon the pieces only.
    """

    def __init__(self, wav: Path) -> None:
        self._wav = wav
        self._read = wav.stat().st_size if wav.exists() else 44
        self._held = b""
        self._begins: float | None = None

    def take(self, wanted: int) -> Wave:
        """`wanted` samples at 8 kHz; silence where nothing plays."""
        self._gather()
        if not self._held:
            self._begins = None
        elif self._begins is None:
            self._begins = time.monotonic() + BUFFER_S
        ready = self._begins is not None and time.monotonic() >= self._begins
        taken = self._held[: wanted * FRAME] if ready else b""
        self._held = self._held[len(taken) :]
        sound = np.frombuffer(taken, "<i2").astype(float).reshape(-1, FRAME // 2).mean(axis=1)
        return np.concatenate([sound, np.zeros(wanted - len(sound))])

    def _gather(self) -> None:
        if not self._wav.exists():
            return
        with self._wav.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        new = new[: len(new) - len(new) % FRAME]
        self._read += len(new)
        self._held += new
