"""Why a program ended, from systemd's words, and how it gets to the agent."""

from __future__ import annotations

from pathlib import Path

import pytest

from loa_node import __main__, endings
from loa_node.endings import Ending


@pytest.mark.parametrize(
    ("result", "code", "status", "oom", "reason", "detail"),
    [
        ("watchdog", "killed", "ABRT", 0, "hung", "watchdog"),
        ("timeout", "killed", "KILL", 0, "hung", "timeout"),
        ("oom-kill", "killed", "KILL", 1, "out_of_memory", "KILL"),
        ("signal", "killed", "KILL", 1, "out_of_memory", "KILL"),  # control groups of version 1
        ("signal", "killed", "KILL", 0, "killed", "KILL"),
        ("signal", "killed", "SEGV", 0, "crashed", "SEGV"),
        ("core-dump", "dumped", "SEGV", 1, "crashed", "SEGV"),
        ("exit-code", "exited", "1", 0, "crashed", "exit 1"),
        ("protocol", "", "", 0, "crashed", "protocol"),
    ],
)
def test_what_systemd_says_becomes_a_reason(
    result: str, code: str, status: str, oom: int, reason: str, detail: str
) -> None:
    said = {"SERVICE_RESULT": result, "EXIT_CODE": code, "EXIT_STATUS": status}

    assert endings.of_service("player", said, oom) == Ending("player", reason, detail)


def test_an_end_in_order_is_no_news() -> None:
    said = {"SERVICE_RESULT": "success", "EXIT_CODE": "exited", "EXIT_STATUS": "75"}

    assert endings.of_service("screen", said, 0) is None
    assert endings.of_service("screen", {}, 0) is None
    assert endings.of_code("screen", 0, "") is None


def test_what_a_parent_learns_becomes_a_reason() -> None:
    assert endings.of_code("agent", 1, "") == Ending("agent", "crashed", "exit 1")
    assert endings.of_code("agent", -9, "KILL") == Ending("agent", "killed", "KILL")


@pytest.mark.parametrize(
    ("groups", "file"),
    [
        ("0::/system.slice/p.service\n", "system.slice/p.service/memory.events"),
        (
            "4:memory:/system.slice/p.service\n3:cpu:/\n0::/else\n",
            "memory/system.slice/p.service/memory.oom_control",
        ),
    ],
)
def test_the_kernels_count_is_read_from_either_version_of_control_groups(
    groups: str, file: str, tmp_path: Path
) -> None:
    place = tmp_path / "sys/fs/cgroup" / file
    place.parent.mkdir(parents=True)
    place.write_text("oom 3\noom_kill 2\noom_kill_disable 0\n")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(groups)

    assert endings.oom_kills(tmp_path) == 2
    assert endings.oom_kills(tmp_path / "nothing") == 0


def test_what_is_noted_is_taken_until_it_is_written(tmp_path: Path) -> None:
    for status in ("KILL", "SEGV"):
        endings.note(tmp_path, Ending("player", "crashed", status))

    taken = endings.take(tmp_path)
    endings.written(tmp_path)

    assert [one.detail for one in taken] == ["KILL", "SEGV"]
    assert endings.take(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_whoever_took_it_and_ended_before_writing_has_lost_nothing(tmp_path: Path) -> None:
    endings.note(tmp_path, Ending("player", "hung", "watchdog"))
    endings.take(tmp_path)  # and is gone
    endings.note(tmp_path, Ending("player", "killed", "KILL"))
    endings.note(tmp_path, Ending("agent", "hung", "watchdog"))

    first = endings.take(tmp_path)
    endings.written(tmp_path)
    then = endings.take(tmp_path)
    endings.written(tmp_path)

    assert [(one.program, one.reason) for one in first] == [("agent", "hung"), ("player", "hung")]
    assert [(one.program, one.reason) for one in then] == [("player", "killed")]
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_dies_for_days_with_nobody_reading_fills_nothing(tmp_path: Path) -> None:
    for _ in range(500):
        endings.note(tmp_path, Ending("player", "crashed", "exit 1"))

    assert (tmp_path / "ended-player").stat().st_size < endings.LONGEST + 200


def test_rubbish_in_the_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "ended-agent").write_bytes(b'\xff\n{"program": 1}\n[]\nnull\n')

    assert endings.take(tmp_path) == []


def test_a_folder_that_is_not_there_stops_nobody(tmp_path: Path) -> None:
    endings.note(tmp_path / "none", Ending("player", "killed", "KILL"))

    assert endings.take(tmp_path / "none") == []


def test_systemd_has_it_noted_by_a_command_that_never_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "node.toml"
    settings.write_text(f'runtime_dir = "{tmp_path}"\n')
    said = {"SERVICE_RESULT": "watchdog", "EXIT_CODE": "killed", "EXIT_STATUS": "ABRT"}
    for name, value in said.items():
        monkeypatch.setenv(name, value)

    codes = [
        __main__.main(["ended", "agent", "--config", str(settings)]),
        __main__.main(["ended", "agent", "--config", str(tmp_path / "none.toml")]),
    ]

    assert codes == [0, 0]
    assert endings.take(tmp_path) == [Ending("agent", "hung", "watchdog")]
