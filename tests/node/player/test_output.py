"""Which loudspeaker is taken where, and the kernel's word that samples moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from loa_node.config import AgentConfig, NodeConfig, PlayerConfig
from loa_node.player.output import choose, device_pointers

CARDS = (
    " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n                      bcm2835\n"
)
RUNNING = "state: RUNNING\nowner_pid   : 812\n-----\nhw_ptr      : 48960\nappl_ptr    : 62400\n"


def a_machine(root: Path, cards: str | None, **player: str) -> NodeConfig:
    if cards is not None:
        (root / "proc/asound").mkdir(parents=True)
        (root / "proc/asound/cards").write_text(cards)
    return NodeConfig(
        state_dir=root / "state",
        player=PlayerConfig(**player),
        agent=AgentConfig(sysfs=str(root)),
    )


def a_stream(root: Path, status: str) -> None:
    folder = root / "proc/asound/card0/pcm0p/sub0"
    folder.mkdir(parents=True)
    (folder / "status").write_text(status)


@pytest.mark.parametrize(
    ("cards", "server", "name"),
    [
        (CARDS, "", "alsa"),
        (CARDS, "unix:/run/pulse", "alsa"),
        ("--- no soundcards ---\n", "unix:/run/pulse", "pulse"),
        ("--- no soundcards ---\n", "", "file"),
        (None, "", "file"),
    ],
)
def test_a_card_comes_before_a_sound_server_and_a_server_before_a_file(
    tmp_path: Path, cards: str | None, server: str, name: str
) -> None:
    output = choose(a_machine(tmp_path, cards), {"PULSE_SERVER": server})

    assert output.name == name


def test_a_users_own_sound_server_is_found_by_its_socket(tmp_path: Path) -> None:
    (tmp_path / "pulse").mkdir()
    (tmp_path / "pulse/native").touch()

    output = choose(a_machine(tmp_path, None), {"XDG_RUNTIME_DIR": str(tmp_path)})

    assert output.name == "pulse"


def test_without_a_name_the_wav_lies_with_the_nodes_state(tmp_path: Path) -> None:
    output = choose(a_machine(tmp_path, None), {})

    assert output.file == tmp_path / "state" / "loudspeaker.wav"


def test_what_the_operator_says_is_taken_and_not_searched(tmp_path: Path) -> None:
    config = a_machine(tmp_path, None, output="alsa", device="plughw:1")

    assert choose(config, {}).arguments == ("--aout=alsa,none", "--alsa-audio-device=plughw:1")


@pytest.mark.parametrize(("status", "pointers"), [(RUNNING, [48960]), ("closed\n", [])])
def test_only_a_running_stream_has_a_pointer(
    tmp_path: Path, status: str, pointers: list[int]
) -> None:
    a_stream(tmp_path, status)

    assert list(device_pointers(tmp_path).values()) == pointers
