"""What the agent has not confirmed survives the player."""

from __future__ import annotations

from pathlib import Path

import pytest

from loa_node.lines import Message
from loa_node.player.outcomes import MOST, Outcomes


def an_outcome(play: str, result: str = "played") -> Message:
    return {"is": "outcome", "play": play, "result": result}


def test_an_outcome_is_there_after_a_restart_until_it_is_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "player" / "outcomes.json"
    Outcomes(path).keep(an_outcome("p1"))
    assert Outcomes(path).all() == [an_outcome("p1")]

    Outcomes(path).forget("p1")
    assert Outcomes(path).all() == []


def test_a_later_outcome_of_the_same_play_replaces_the_earlier(tmp_path: Path) -> None:
    outcomes = Outcomes(tmp_path / "outcomes.json")
    outcomes.keep(an_outcome("p1", "stopped"))
    outcomes.keep(an_outcome("p1", "played"))

    assert outcomes.all() == [an_outcome("p1", "played")]


@pytest.mark.parametrize("content", [b"", b"[{", b"7", b'[{"is":"outcome"}]', b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_set_aside_and_does_not_silence_the_node(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "outcomes.json"
    path.write_bytes(content)

    outcomes = Outcomes(path)

    assert outcomes.all() == []
    assert path.with_suffix(".broken").read_bytes() == content
    outcomes.keep(an_outcome("p1"))
    assert Outcomes(path).all() == [an_outcome("p1")]


def test_an_agent_that_never_confirms_does_not_fill_the_card(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.json"
    outcomes = Outcomes(path)
    outcomes._kept = {f"p{n}": an_outcome(f"p{n}") for n in range(MOST)}

    outcomes.keep(an_outcome("newest"))

    assert len(Outcomes(path).all()) == MOST
    assert Outcomes(path).all()[-1] == an_outcome("newest")
