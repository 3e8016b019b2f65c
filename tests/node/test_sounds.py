"""The sounds that ship with the node are there, small, and as long as they say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from loa_node import sounds
from loa_node.config import AgentConfig, NodeConfig
from loa_node.stage import SELF_TEST_MS
from loa_wire import claim

FOLDER = Path(__file__).resolve().parents[2] / "content" / "sounds"
KINDS = ("flood", "storm", "fire", "epidemic", "security", "other")
NAMES = sorted(
    ["chime.opus", "closing.opus", "drill-vi.opus", "self-test-vi.opus", "test-tone.opus"]
    + [f"alert-{kind}-vi.opus" for kind in KINDS]
    + [f"claim-{part.lower()}-vi.opus" for part in ("intro", *claim.ALPHABET)]
)


def test_every_alarm_and_every_symbol_of_a_claim_code_has_a_clip_and_a_length() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.opus")) == NAMES
    assert sorted(sounds.lengths(FOLDER)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_is_small_enough_for_the_card_and_begins_as_opus(name: str) -> None:
    content = (FOLDER / name).read_bytes()

    assert len(content) < 60_000
    assert content.startswith(b"OggS")


def test_the_operators_folder_comes_first() -> None:
    config = NodeConfig(agent=AgentConfig(sounds="/srv/sounds"))

    assert sounds.folder(config) == Path("/srv/sounds")


@pytest.mark.parametrize("content", [None, "", "[1]", "{"])
def test_without_lengths_every_length_is_unknown(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "lengths.json").write_text(content)

    assert sounds.lengths(tmp_path) == {}


@pytest.mark.parts
@pytest.mark.parametrize("name", NAMES)
def test_an_alarm_is_as_loud_as_a_bulletin_and_as_long_as_it_says(name: str) -> None:
    command = ["ffmpeg", "-hide_banner", "-i", str(FOLDER / name), "-af", "ebur128=peak=true"]
    said = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True)
    lufs = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said.stderr)[-1])
    peak = float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", said.stderr)[-1])
    hours, minutes, seconds = re.findall(r"Duration: (\d+):(\d+):([\d.]+)", said.stderr)[0]

    short = name.startswith(("claim", "self-test"))  # one word, one sentence measure worse
    assert abs(lufs + 16) <= (2 if short else 1)
    assert peak <= -1.0
    length_ms = (int(hours) * 60 + int(minutes)) * 60_000 + float(seconds) * 1000
    assert abs(length_ms - sounds.lengths(FOLDER)[name]) <= 20


def test_the_self_test_is_compared_with_its_own_loudest_six_seconds() -> None:
    assert (FOLDER / "self-test-vi.signs").stat().st_size == 3000
    assert sounds.lengths(FOLDER)["self-test-vi.opus"] == SELF_TEST_MS
