"""What takes the sound back: a microphone or a line tap through `arecord`, or a WAV that grows.

It is open for some nine seconds of a play and never otherwise; what it took is compared and
forgotten. It never touches the card's storage, and this program has no network.
"""

from __future__ import annotations

import array
import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from loa_node.config import NodeConfig
from loa_node.hearing import RATE

PROGRAM: Final = "arecord"
AT_ONCE: Final = 65_536  # all that a pipe holds: a rest would look as if taken later than it was
_HEADER: Final = 44


class MicrophoneError(Exception):
    """It cannot be opened, or went away; the message is for the log."""


class Stream(Protocol):
    def take(self, wait_s: float) -> bytes:
        """What has come since, 16 bit at 8 kHz; b"" for nothing yet. Raises MicrophoneError."""


class Microphone(Protocol):
    def listen(self) -> AbstractContextManager[Stream]:
        """Open for as long as the context. Raises MicrophoneError."""


def choose(config: NodeConfig, root: Path) -> tuple[str, Microphone | None]:
    """As node.toml says; "auto" is the first card that can record, if there is one."""
    wanted, device = config.player.microphone, config.player.microphone_device
    if wanted == "file":
        return wanted, GrowingWav(Path(config.player.microphone_file))
    if wanted == "alsa" or (wanted == "auto" and can_record(root)):
        return "alsa", Recorder(device)
    return "none", None


def can_record(root: Path) -> bool:
    return any(root.glob("proc/asound/card*/pcm*c"))


class Recorder:
    """The device through arecord, which lets ALSA convert to what is wanted here."""

    def __init__(self, device: str = "", program: str = PROGRAM) -> None:
        self._command = [program, "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE)]
        self._command += ["-D", device] if device else []

    @contextlib.contextmanager
    def listen(self) -> Iterator[Stream]:
        try:
            recorder = subprocess.Popen(  # noqa: S603 - words of our own and of node.toml
                self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as e:
            raise MicrophoneError(f"{self._command[0]}: {e.strerror}") from e
        try:
            yield _Pipe(recorder)
        finally:
            recorder.kill()
            recorder.communicate()


class _Pipe:
    def __init__(self, recorder: subprocess.Popen[bytes]) -> None:
        self._recorder = recorder
        self._odd = b""

    def take(self, wait_s: float) -> bytes:
        out = self._recorder.stdout
        if out is None or not select.select([out], [], [], wait_s)[0]:
            return b""
        got = os.read(out.fileno(), AT_ONCE)
        if not got:
            _, said = self._recorder.communicate()
            raise MicrophoneError(said.decode(errors="replace").strip()[:200] or "it has ended")
        got = self._odd + got
        whole = len(got) - len(got) % 2
        self._odd = got[whole:]
        return got[:whole]


class GrowingWav:
    """A mono WAV of 16 bit at a multiple of 8 kHz that somebody else writes. For tests."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def listen(self) -> Iterator[Stream]:
        try:
            with self._path.open("rb", buffering=0) as file:
                rate = int.from_bytes(file.read(_HEADER)[24:28], "little")
                if rate < RATE:
                    raise MicrophoneError(f"{self._path}: not a WAV of 8 kHz or more")
                size = file.seek(0, os.SEEK_END)
                file.seek(size - (size - _HEADER) % 2)
                yield _Tail(file.fileno(), rate // RATE)
        except OSError as e:
            raise MicrophoneError(f"{self._path}: {e.strerror}") from e


class _Tail:
    def __init__(self, file: int, each: int) -> None:
        self._file = file
        self._each = each  # samples that make one of ours
        self._rest = b""

    def take(self, wait_s: float) -> bytes:
        got = os.read(self._file, AT_ONCE * self._each)
        if not got:
            select.select([], [], [], wait_s)
        got = self._rest + got
        whole = len(got) - len(got) % (2 * self._each)
        self._rest = got[whole:]
        samples = array.array("h", got[:whole])
        if sys.byteorder == "big":
            samples.byteswap()
        means = (
            sum(samples[at : at + self._each]) // self._each
            for at in range(0, len(samples), self._each)
        )
        return array.array("h", means).tobytes()
