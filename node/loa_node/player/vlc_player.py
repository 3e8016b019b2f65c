"""The adapter to libVLC: one Instance and one MediaPlayer for the life of the program.

Every method is called by one thread. libVLC's callbacks come from other threads and a call back
into libVLC from one of them deadlocks, so they only put a Heard on the queue.
"""

from __future__ import annotations

import ctypes
import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import vlc

from loa_node.player import vlc_log
from loa_node.player.output import Output, device_pointers
from loa_node.player.sound import Heard, Reading, SoundError, What
from loa_node.player.wav_speaker import RATE, WIDTH, WavSpeaker

ARGUMENTS = ("--intf=dummy", "--no-video", "--no-xlib", "--no-lua", "--quiet")


class VlcPlayer:
    def __init__(self, output: Output, root: Path, heard: SimpleQueue[Any]) -> None:
        self._output = output
        self._root = root
        self._heard = heard
        self._turn = 0
        self._instance: Any = None
        self._player: Any = None
        self._media: Any = None
        self._keep_alive: list[object] = []  # ctypes callbacks that nothing else refers to
        self._speaker: WavSpeaker | None = None
        self._first_at = 0.0
        self._pointers: dict[str, int] = {}
        self._moved = False

    def open(self) -> None:
        self._instance = vlc.Instance([*ARGUMENTS, *self._output.arguments])
        if self._instance is None:
            raise SoundError("libVLC does not start: are libvlc5 and vlc-plugin-base installed?")
        self._keep_alive.append(vlc_log.listen(self._instance, self._on_log))
        self._player = self._instance.media_player_new()
        if self._output.file is not None:
            self._speaker = _wav_speaker(self._output.file)
            self._divert(self._speaker)
        events = self._player.event_manager()
        for name, what in (
            ("MediaPlayerPlaying", "playing"),
            ("MediaPlayerEndReached", "ended"),
            ("MediaPlayerEncounteredError", "error"),
        ):
            events.event_attach(getattr(vlc.EventType, name), self._on_event, what)

    def start(self, play: str, path: Path, volume: int) -> int:
        self._silence_speaker()
        media = self._instance.media_new_path(str(path))
        self._player.set_media(media)  # returns when the earlier media can say no more
        if self._media is not None:
            self._media.release()
        self._media = media
        self._turn += 1
        self._first_at, self._moved = 0.0, False
        self._pointers = device_pointers(self._root) if self._output.name == "alsa" else {}
        if self._speaker is not None:
            self._speaker.begin(play)
        self.assert_volume(volume)
        self._player.play()
        return self._turn

    def stop(self) -> None:
        self._silence_speaker()
        self._player.stop()

    def finish(self) -> None:
        self._silence_speaker()

    def assert_volume(self, volume: int) -> None:
        """A sound server restores the volume and the mute it remembers: ours is set each time."""
        if self._player.audio_get_mute() != 0:
            self._player.audio_set_mute(status=False)
        if self._player.audio_get_volume() != volume:
            self._player.audio_set_volume(volume)

    def reading(self, now: float) -> Reading:
        statistics = vlc.MediaStats()
        if self._media is not None:
            self._media.get_stats(statistics)
        self._look_at_device(now)
        more, heard_ms, gap_ms, played = False, 0, 0, statistics.played_abuffers
        if self._speaker is not None:
            self._speaker.advance(now)
            self._first_at = self._speaker.first_at
            more = self._speaker.sounding(now)
            played = max(played, self._speaker.buffers)  # libVLC counts every 250 ms
            heard_ms, gap_ms = self._speaker.heard_ms, self._speaker.gap_ms
        elif not self._first_at and (self._moved or statistics.played_abuffers > 0):
            self._first_at = now
        return Reading(
            decoded=statistics.decoded_audio,
            played=played,
            lost=statistics.lost_abuffers,
            first_at=self._first_at,
            heard_ms=heard_ms,
            gap_ms=gap_ms,
            more=more,
            device_moved=self._moved,
            muted=self._player.audio_get_mute() == 1,
        )

    def close(self) -> None:
        self.stop()
        self._player.release()
        if self._media is not None:
            self._media.release()
        if self._speaker is not None:
            self._speaker.close()
        self._instance.release()

    def _silence_speaker(self) -> None:
        if self._speaker is not None:
            self._speaker.cut(time.monotonic())

    def _look_at_device(self, now: float) -> None:
        if self._output.name == "alsa" and not self._moved:
            pointers = device_pointers(self._root)
            self._moved = any(
                pointer > 0 and pointer != self._pointers.get(stream)
                for stream, pointer in pointers.items()
            )
            if self._moved and not self._first_at:
                self._first_at = now

    def _on_event(self, _event: Any, what: What) -> None:
        self._heard.put(Heard(self._turn, what, time.monotonic()))

    def _on_log(self, part: str, text: str) -> None:
        if part == "audio output":
            self._heard.put(Heard(self._turn, "output_error", time.monotonic(), text))

    def _divert(self, speaker: WavSpeaker) -> None:
        """Has libVLC hand over its samples, each with the moment at which it is due."""

        def on_samples(_data: int, samples: int, count: int, due_us: int) -> None:
            ahead_s = (due_us - vlc.libvlc_clock()) / 1_000_000
            speaker.feed(ctypes.string_at(samples, count * WIDTH), time.monotonic() + ahead_s)

        def on_volume(_data: int, volume: float, muted: bool) -> None:  # noqa: FBT001
            speaker.gain = 0.0 if muted else min(1.0, volume) ** 3  # cubic, as devices are

        samples = vlc.CallbackDecorators.AudioPlayCb(on_samples)
        volume = vlc.CallbackDecorators.AudioSetVolumeCb(on_volume)
        self._keep_alive += [samples, volume]
        self._player.audio_set_callbacks(samples, None, None, None, None, None)
        # Left to itself this output forgets, at every start, the volume it was set to.
        self._player.audio_set_volume_callback(volume)
        self._player.audio_set_format("S16N", RATE, 1)


def _wav_speaker(file: Path) -> WavSpeaker:
    try:
        return WavSpeaker(file)
    except OSError as e:
        raise SoundError(f"player.file: {file} cannot be written: {e.strerror}") from e


def version() -> str:
    return str(vlc.libvlc_get_version().decode().split()[0])
