"""What the agent says, read once, and files that are no sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa_node.player.orders import Confirm, Play, Report, Stop, read
from loa_node.player.sniff import is_sound, opus_packet_ms, refusal

PLAY: dict[str, Any] = {"do": "play", "play": "p1", "path": "/m/a", "duration_ms": 2000}


def test_a_whole_order_is_read() -> None:
    assert read(PLAY | {"volume": 60, "lead_ms": 300}) == Play("p1", Path("/m/a"), 2000, 60, 300)
    assert read({"do": "stop", "play": "*"}) == Stop("*")
    assert read({"do": "confirm", "play": "p1"}) == Confirm("p1")
    assert read({"do": "state"}) == Report()


@pytest.mark.parametrize(
    ("asked", "given_"), [({"volume": 250}, 100), ({"volume": -3}, 0), ({}, 100)]
)
def test_volume_never_leaves_its_range(asked: dict[str, int], given_: int) -> None:
    order = read(PLAY | asked)

    assert isinstance(order, Play)
    assert order.volume == given_


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "relative.opus"},
        {"path": 7},
        {"volume": "loud"},
        {"duration_ms": 1.5},
        {"lead_ms": True},
        {"play": ""},
        {"play": None},
    ],
)
def test_an_order_with_a_wrong_field_is_no_order(wrong: dict[str, object]) -> None:
    assert read(PLAY | wrong) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from(["do", "play", "path", "duration_ms", "volume", "lead_ms"]),
        st.sampled_from(["play", "stop", "confirm", "/a"]) | json_values,
    )
)
def test_no_message_can_break_the_reader(message: dict[str, object]) -> None:
    order = read(message)

    if isinstance(order, Play):
        assert 0 <= order.volume <= 100
        assert order.path.is_absolute()


@pytest.mark.parametrize(
    ("head", "sound"),
    [
        (b"OggS\0\2", True),
        (b"ID3\4\0", True),
        (b"\xff\xfb\x90d", True),
        (b"RIFF\0\0\0\0WAVEfmt ", True),
        (b"\0\0\0 ftypM4A ", True),
        (b"fLaC\0", True),
        (b"#EXTM3U\n", False),
        (b"<!DOCTYPE html>", False),
        (b"RIFF\0\0\0\0AVI LIST", False),
        (b"", False),
        (b"\xff", False),
    ],
)
def test_only_what_begins_like_sound_is_sound(head: bytes, *, sound: bool) -> None:
    assert is_sound(head) is sound


def test_a_folder_is_no_sound(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "not_audio"


@given(st.binary(max_size=200))
def test_the_length_of_a_buffer_is_never_guessed_from_rubbish(rubbish: bytes) -> None:
    assert opus_packet_ms(rubbish) == 0
    assert opus_packet_ms(b"OggS" + rubbish) == 0
