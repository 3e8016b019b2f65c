"""The real player: what comes out of the loudspeaker, and what it says about broken sound."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from loa_node import sounds
from loa_node.config import NodeConfig
from loa_node.lines import Message
from loa_node.player.channel import Channel
from loa_node.player.orders import Play
from loa_node.player.output import Output
from loa_node.player.sniff import buffer_ms
from loa_node.player.vlc_player import VlcPlayer
from parts.player import Peer, Player
from parts.sound import a_tone, cut, declared_bytes, heard, loudness_db

pytestmark = pytest.mark.parts

HTML = b"<html><body>404 Not Found</body></html>" * 50
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nhttp://192.0.2.1/a.ts\n"


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    made = Player(tmp_path_factory.mktemp("player"))
    made.start().close()
    yield made
    made.end()


@pytest.fixture
def agent(player: Player) -> Iterator[Peer]:
    peer = Peer(player.socket)
    yield peer
    peer.close()


def begins_at(player: Player, play: str) -> int:
    """Where in the WAV a play begins, from the index beside it."""
    lines = map(json.loads, player.wav.with_suffix(".jsonl").read_text().splitlines())
    return next(int(x["offset_ms"]) for x in lines if (x["play"], x["event"]) == (play, "start"))


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def with_garbage_in_the_middle(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half : half + 1500] = os.urandom(1500)
    return written(path, bytes(content))


def pipe(path: Path, content: bytes) -> Path:
    """A file whose reading never ends: what there is, then nothing more and no end."""
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR)  # kept open: closed, it would be an end
    fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 1 << 20)
    os.write(end, content)
    return path


Maker = Callable[[Path], Path]
FAULTS: dict[str, tuple[Maker, str, str]] = {
    "good opus": (lambda d: a_tone(d / "a.opus"), "played", ""),
    "good mp3": (lambda d: a_tone(d / "a.mp3"), "played", ""),
    "good m4a": (lambda d: a_tone(d / "a.m4a"), "played", ""),
    "missing": (lambda d: d / "a.opus", "failed", "missing_file"),
    "folder": (lambda d: d, "failed", "not_audio"),
    "empty": (lambda d: written(d / "a.opus", b""), "failed", "not_audio"),
    "random": (lambda d: written(d / "a.mp3", b"\0" + os.urandom(9000)), "failed", "not_audio"),
    "html": (lambda d: written(d / "a.mp3", HTML), "failed", "not_audio"),
    "html in a pipe": (lambda d: pipe(d / "a.mp3", HTML), "failed", "stalled"),
    "mp3 that is random": (
        lambda d: written(d / "a.mp3", b"ID3" + os.urandom(9000)),
        "failed",
        "not_audio",
    ),
    "playlist": (lambda d: written(d / "a.mp3", PLAYLIST), "failed", "not_audio"),
    "cut mp3": (lambda d: cut(a_tone(d / "a.mp3"), 0.4), "partial", "truncated"),
    "cut opus": (lambda d: cut(a_tone(d / "a.opus"), 0.4), "partial", "truncated"),
    "cut wav": (lambda d: cut(a_tone(d / "a.wav"), 0.4), "partial", "truncated"),
    "cut m4a": (lambda d: cut(a_tone(d / "a.m4a"), 0.6), "failed", "not_audio"),
    "stall at once": (lambda d: pipe(d / "a.wav", b""), "failed", "stalled"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_called_by_its_name_and_never_played(
    agent: Peer, tmp_path: Path, fault: str
) -> None:
    make, result, reason = FAULTS[fault]

    agent.play(fault, make(tmp_path), 2000)

    said = agent.until("outcome", fault)
    assert (said["result"], said["reason"]) == (result, reason)
    assert (said["evidence"] == "command") == (said["result"] == "failed")
    assert (said["played"] == 0) == (said["result"] == "failed")


def test_garbage_in_the_middle_of_a_bulletin_is_partial(agent: Peer, tmp_path: Path) -> None:
    agent.play("garbage", with_garbage_in_the_middle(a_tone(tmp_path / "a.opus")), 2000)

    assert agent.outcome("garbage")[0] == "partial"


@pytest.mark.parametrize("output", ["alsa", "pulse", "none"])
def test_without_a_sound_device_nothing_is_called_played(tmp_path: Path, output: str) -> None:
    if output == "alsa" and Path("/proc/asound/card0").exists():
        pytest.skip("this machine has a sound card")
    player = Player(tmp_path, output)
    agent = player.start()

    agent.play("p1", a_tone(tmp_path / "a.opus"))

    assert agent.outcome("p1") == ("failed", "device_lost", "command")
    assert player.end() == 0


def test_the_tone_that_was_ordered_is_the_tone_that_is_heard(
    agent: Peer, player: Player, tmp_path: Path
) -> None:
    agent.play("1 kHz", a_tone(tmp_path / "a.opus", 1000, 1.0), 1000)
    agent.outcome("1 kHz")
    agent.play("600 Hz", a_tone(tmp_path / "b.opus", 600, 1.0), 1000)
    agent.outcome("600 Hz")

    windows = heard(player.wav, begins_at(player, "1 kHz"))
    assert windows[1:7] == [1000] * 6
    assert heard(player.wav, begins_at(player, "600 Hz"))[1:7] == [600] * 6


def test_what_preempts_is_heard_at_once_and_what_was_cut_off_no_more(
    agent: Peer, player: Player, tmp_path: Path
) -> None:
    agent.play("long", a_tone(tmp_path / "a.wav", 500, 8.0), 8000)
    agent.until("sounding", "long")
    agent.play("urgent", a_tone(tmp_path / "b.wav", 1200, 1.0), 1000)
    agent.outcome("urgent")

    begins = begins_at(player, "urgent")
    assert set(heard(player.wav, begins)) == {1200}
    assert set(heard(player.wav, begins_at(player, "long"))[: begins // 100]) >= {500}


def test_the_lead_in_is_silence_of_its_length_before_the_first_note(
    agent: Peer, player: Player, tmp_path: Path
) -> None:
    agent.play("led", a_tone(tmp_path / "a.wav", 900, 0.5), 500, lead_ms=400)

    assert agent.outcome("led") == ("played", "", "decoder")
    lead = begins_at(player, "led#lead-in")
    assert begins_at(player, "led") - lead == 400
    assert heard(player.wav, lead)[:8] == [0] * 4 + [900] * 4


@pytest.mark.parametrize(("volume", "below_db"), [(100, 0.0), (80, 5.8), (50, 18.0)])
def test_volume_holds_from_the_first_sample_and_above_100_it_is_100(
    agent: Peer, player: Player, tmp_path: Path, volume: int, below_db: float
) -> None:
    tone = a_tone(tmp_path / "a.wav", 1000, 0.5)
    agent.play(f"full {volume}", tone, 500, volume=140)
    agent.outcome(f"full {volume}")
    agent.play(f"set {volume}", tone, 500, volume=volume)
    agent.outcome(f"set {volume}")

    full, at = begins_at(player, f"full {volume}"), begins_at(player, f"set {volume}")
    drop = loudness_db(player.wav, full + 2, full + 60) - loudness_db(player.wav, at + 2, at + 60)
    assert drop == pytest.approx(below_db, abs=0.5)


def test_a_killed_player_keeps_what_it_owed_and_owns_nothing_it_did_not_finish(
    tmp_path: Path,
) -> None:
    player = Player(tmp_path)
    agent = player.start()
    agent.play("done", a_tone(tmp_path / "a.wav", 700, 0.5), 500)
    agent.until("outcome", "done")
    agent.play("cut", a_tone(tmp_path / "b.wav", 800, 8.0), 8000)
    agent.until("sounding", "cut")
    player.kill()

    agent = player.start()

    assert agent.hello["playing"] is None
    assert [(said["play"], said["result"]) for said in agent.hello["outcomes"]] == [
        ("done", "played")
    ]
    agent.play("after", a_tone(tmp_path / "c.wav", 900, 0.5), 500)
    assert agent.outcome("after")[0] == "played"
    assert player.end() == 0
    windows = heard(player.wav)
    assert windows[:5] == [700] * 5
    assert windows[-4:] == [900] * 4
    assert declared_bytes(player.wav) == player.wav.stat().st_size - 44


def test_a_player_told_to_end_says_so_of_what_it_was_playing(tmp_path: Path) -> None:
    player = Player(tmp_path)
    agent = player.start()
    agent.play("cut", a_tone(tmp_path / "a.wav", 800, 8.0), 8000)
    agent.until("sounding", "cut")

    assert player.end() == 0

    said = player.start().hello["outcomes"]
    assert [(x["play"], x["result"], x["reason"]) for x in said] == [("cut", "stopped", "shutdown")]
    player.end()


def test_a_wav_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    player = Player(tmp_path)
    player.wav.mkdir()
    player.launch()

    assert player.process is not None
    assert player.process.wait(20) == 1
    assert "player.file" in (tmp_path / "player.log").read_text()


@pytest.mark.parametrize("name", ["chime.opus", "closing.opus", "drill-vi.opus", "test-tone.opus"])
def test_the_sounds_that_ship_with_the_node_play_to_their_end(agent: Peer, name: str) -> None:
    folder = sounds.folder(NodeConfig())

    agent.play(name, folder / name, sounds.lengths(folder)[name])

    assert agent.outcome(name) == ("played", "", "decoder")


class Workshop:
    """The player's own parts in this process, where a test can reach behind them."""

    def __init__(self, folder: Path) -> None:
        self.inbox: SimpleQueue[Any] = SimpleQueue()
        self.said: SimpleQueue[Message] = SimpleQueue()
        self.wav = folder / "workshop.wav"
        output = Output("file", ("--aout=amem",), self.wav)
        self.sound = VlcPlayer(output, folder, self.inbox)
        self.sound.open()
        self._channel = Channel(self.sound, self.inbox, self.said.put, folder)
        self._thread = threading.Thread(target=self._channel.run)
        self._thread.start()

    def outcome(self) -> Message:
        while (said := self.said.get(timeout=20))["is"] != "outcome":
            pass
        return said

    def close(self) -> None:
        self.inbox.put(None)
        self._thread.join()
        self.sound.close()


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.close()


def test_a_play_that_stops_moving_half_way_is_given_up_as_stalled(
    workshop: Workshop, tmp_path: Path
) -> None:
    workshop.inbox.put(Play("p1", a_tone(tmp_path / "a.wav", seconds=5.0), 5000))
    assert workshop.said.get(timeout=20)["is"] == "sounding"
    workshop.sound._player.set_pause(1)

    said = workshop.outcome()

    assert (said["result"], said["reason"]) == ("partial", "stalled")


def test_an_output_that_was_muted_behind_our_back_speaks_again(
    workshop: Workshop, tmp_path: Path
) -> None:
    workshop.sound._player.audio_set_volume(3)
    workshop.sound._player.audio_set_mute(1)

    workshop.inbox.put(Play("p1", a_tone(tmp_path / "a.wav", 1000, 1.0), 1000))

    assert workshop.outcome()["result"] == "played"
    assert heard(workshop.wav)[1:9] == [1000] * 8
    assert loudness_db(workshop.wav, 0, 900) > -20


def test_html_that_reaches_libvlc_ends_without_an_error_and_with_nothing_decoded(
    tmp_path: Path,
) -> None:
    events: SimpleQueue[Any] = SimpleQueue()
    sound = VlcPlayer(Output("file", ("--aout=amem",), tmp_path / "a.wav"), tmp_path, events)
    sound.open()

    sound.start("p1", written(tmp_path / "a.mp3", HTML), 100)

    said = [events.get(timeout=20).what]
    while said[-1] != "ended":
        said.append(events.get(timeout=20).what)
    reading = sound.reading(time.monotonic())
    sound.close()
    assert "error" not in said
    assert (reading.decoded, reading.played) == (0, 0)


@pytest.mark.parametrize("frame_ms", [20, 40, 60])
def test_the_length_of_an_opus_buffer_is_read_from_the_file(tmp_path: Path, frame_ms: int) -> None:
    path = tmp_path / "a.opus"
    source = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1", "-c:a", "libopus"]
    command = ["ffmpeg", "-v", "error", *source, "-frame_duration", str(frame_ms), str(path)]
    subprocess.run(command, check=True)

    assert buffer_ms(path) == frame_ms
