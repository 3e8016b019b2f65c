"""`loa-node`: what it refuses, what each program loads, and how the three are kept running."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loa_node import __main__, __version__
from loa_node.adapters import identity
from loa_node.together import FIRST_WAIT_S, LONGEST_WAIT_S, wait_after


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in told.stdout.split()} | set(told.stdout.split())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not enrolled"),
        ("[player]\noutput = 'loud'\n", "player.output must be one of"),
        ("[agent]\nheartbeat_s = -1\n", "agent.heartbeat_s must be 0-3600, got -1"),
        ("nonsense = 1\n", "unknown setting 'nonsense'"),
        ("=", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_exit_2(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "node.toml"
    folders = f'state_dir = "{tmp_path}"\nruntime_dir = "{tmp_path}"\n'
    settings.write_text(text if text == "=" else folders + text)

    code = __main__.main(["agent", "--config", str(settings)])

    told = capsys.readouterr().err
    assert code == 2
    assert sentence in told
    assert told.count("\n") == 1


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["agent", "--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml: cannot be read" in capsys.readouterr().err


def test_the_entry_point_loads_none_of_the_programs() -> None:
    loaded = loaded_by("loa_node.__main__")

    assert not loaded & {"msgspec", "loa_wire", "paho", "requests", "vlc", "pygame", "cryptography"}


def test_the_player_carries_neither_the_wire_nor_the_network() -> None:
    loaded = loaded_by("loa_node.player.main")

    assert not loaded & {"msgspec", "loa_wire", "paho", "requests", "cryptography", "sqlite3"}


def test_the_agent_carries_neither_sound_nor_picture() -> None:
    loaded = loaded_by("loa_node.agent")

    assert not loaded & {"vlc", "pygame", "numpy", "asyncio"}


def test_a_program_that_keeps_dying_waits_longer_each_time_up_to_a_limit() -> None:
    waits = [FIRST_WAIT_S]
    for _ in range(10):
        waits.append(wait_after(waits[-1], lasted_s=1))

    assert waits[:3] == [0.5, 1.0, 2.0]
    assert waits[-1] == LONGEST_WAIT_S
    assert wait_after(LONGEST_WAIT_S, lasted_s=60) == FIRST_WAIT_S


def test_there_is_one_version() -> None:
    project = Path(__main__.__file__).parents[1] / "pyproject.toml"
    if not project.exists():
        pytest.skip("installed without its sources")

    assert f'version = "{__version__}"' in project.read_text()


# the identity folder


def an_identity(folder: Path, **changes: object) -> Path:
    for name in ("key", "cert", "ca", "root.json"):
        (folder / name).write_text(name)
    server = {"node": "n1", "unit": "u1", "broker": "host:8883", "https": "https://host"}
    (folder / "server").write_text(json.dumps({**server, **changes}))
    return folder


def test_the_identity_says_who_and_where(tmp_path: Path) -> None:
    me = identity.read(an_identity(tmp_path, broker="[::1]:8883"))

    assert (me.node, me.unit, me.broker, me.https) == ("n1", "u1", ("::1", 8883), "https://host")
    assert me.root == b"root.json"


@pytest.mark.parametrize("missing", ["key", "cert", "ca", "root.json", "server"])
def test_a_folder_that_was_not_copied_whole_is_named(tmp_path: Path, missing: str) -> None:
    (an_identity(tmp_path) / missing).unlink()

    with pytest.raises(identity.IdentityError, match=missing):
        identity.read(tmp_path)


@pytest.mark.parametrize("server", ["{", "[]", '{"node": "n"}', '{"broker": "host"}'])
def test_a_server_file_that_cannot_be_read_says_what_it_must_hold(
    tmp_path: Path, server: str
) -> None:
    (an_identity(tmp_path) / "server").write_text(server)

    with pytest.raises(identity.IdentityError, match="must hold"):
        identity.read(tmp_path)
