"""The real player with a microphone in a room: what it says of a sound that nobody could hear."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loa_node.hearing import RATE
from loa_node.lines import Message
from loa_node.player.microphone import GrowingWav, MicrophoneError, Recorder
from loa_server.media import fingerprint
from parts.player import Peer, Player
from parts.room import LiveRoom

pytestmark = pytest.mark.parts

VOICE = Path(__file__).resolve().parents[2] / "content" / "sounds" / "drill-vi.opus"
VOICE_MS = 2933


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> fingerprint.Fingerprint:
    return fingerprint.make(VOICE, tmp_path_factory.mktemp("signs").resolve(), 60)


@pytest.fixture
def player(tmp_path: Path) -> Iterator[Player]:
    made = Player(tmp_path, microphone="file")
    yield made
    made.end()


@pytest.fixture
def room(tmp_path: Path, player: Player) -> Iterator[LiveRoom]:
    made = LiveRoom(player.wav, tmp_path / "microphone.wav")
    yield made
    made.close()


def played(agent: Peer, play: str, reference: fingerprint.Fingerprint) -> Message:
    more = {"reference": str(reference.path), "reference_ms": reference.at_ms}
    agent.play(play, VOICE, VOICE_MS, **more)
    return agent.until("outcome", play)


def test_what_the_room_heard_is_proved_and_what_it_did_not_hear_has_not_played(
    player: Player, room: LiveRoom, reference: fingerprint.Fingerprint
) -> None:
    agent = player.start()
    on = played(agent, "amplifier on", reference)
    room.amplifier = False
    off = played(agent, "amplifier off", reference)
    room.amplifier = True
    again = played(agent, "on again", reference)

    assert [(x["result"], x["evidence"], x["reason"], x["ear"]) for x in (on, off, again)] == [
        ("played", "heard", "", "heard"),
        ("failed", "decoder", "not_heard", "not_heard"),
        ("played", "heard", "", "heard"),
    ]


def test_without_a_microphone_the_evidence_stops_at_the_sound_card(
    tmp_path: Path, reference: fingerprint.Fingerprint
) -> None:
    player = Player(tmp_path)
    said = played(player.start(), "p1", reference)
    player.end()

    assert (said["result"], said["evidence"], said["ear"]) == ("played", "decoder", "no_mic")


def test_a_microphone_that_goes_away_takes_nothing_from_what_was_proved(
    player: Player, reference: fingerprint.Fingerprint
) -> None:
    said = played(player.start(), "p1", reference)  # its file was never made

    assert (said["result"], said["evidence"], said["ear"]) == ("played", "decoder", "no_mic")


def test_a_play_that_was_cut_off_is_told_at_once_and_not_judged(
    player: Player, room: LiveRoom, reference: fingerprint.Fingerprint
) -> None:
    agent = player.start()
    more = {"reference": str(reference.path), "reference_ms": reference.at_ms}
    agent.play("p1", VOICE, VOICE_MS, **more)
    agent.until("sounding", "p1")
    agent.send(do="stop", play="p1")

    said = agent.until("outcome", "p1")
    assert room.amplifier
    assert (said["result"], said["reason"], said["ear"]) == ("stopped", "stopped", "")


def test_the_recorder_is_asked_for_eight_thousand_samples_a_second_and_ended_again(
    tmp_path: Path,
) -> None:
    """`arecord` without a card ends at once; one that gives silence stands in for the card."""
    program = tmp_path / "arecord"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nexec cat /dev/zero\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    with Recorder("hw:1", str(program)).listen() as stream:
        end = time.monotonic() + 20
        while not (got := stream.take(0.1)) and time.monotonic() < end:
            pass

    assert set(got) == {0}
    assert (tmp_path / "asked").read_text() == f"-q -t raw -f S16_LE -c 1 -r {RATE} -D hw:1\n"


@pytest.mark.skipif(Path("/proc/asound/card0").exists(), reason="this machine has a sound card")
def test_a_recorder_without_a_card_says_so() -> None:
    with Recorder().listen() as stream, pytest.raises(MicrophoneError):
        stream.take(20)


def test_a_file_that_is_no_sound_is_no_microphone(tmp_path: Path) -> None:
    path = tmp_path / "microphone.wav"
    path.write_bytes(b"")
    with pytest.raises(MicrophoneError), GrowingWav(path).listen():
        pass
