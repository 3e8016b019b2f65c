"""What the doctor says of a sick node, read as its reader would."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from loa_node import __main__
from loa_node.clock import Clock
from loa_node.config import NodeConfig, PlayerConfig, ScreenConfig
from loa_node.doctor import board, line, papers, programs
from loa_node.doctor.finding import Finding, Two, bad, exit_code, good, look, page
from loa_node.health import MB, Raw
from loa_node.player.output import Output

DO = Two("làm", "do")
NOW = 1_790_000_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    path = tmp_path / "node.toml"
    path.write_text(
        f'state_dir = "{tmp_path}/state"\nruntime_dir = "{tmp_path}/run"\n'
        f'[agent]\nsysfs = "{tmp_path}/root"\n'
    )
    return path


def test_a_page_says_everything_twice_and_counts_what_is_broken() -> None:
    said = page([good("khỏe", "well"), bad("gãy", "torn", DO), look("lạ", "odd")])

    for word in ("khỏe", "well", "gãy", "torn", "→ làm", "→ do", "lạ", "odd"):
        assert word in said
    assert said.endswith("Broken: 1. To look at: 1. Mend them from the top down.\n")
    assert page([good("a", "b")]).endswith("Nothing is wrong.\n")


def test_only_what_is_broken_fails() -> None:
    assert exit_code([good("a", "b"), look("a", "b")]) == 0
    assert exit_code([look("a", "b"), bad("a", "b", DO)]) == 1


def test_a_card_without_anything_is_looked_at_to_the_end(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = __main__.main(["doctor", "--config", str(settings)])

    said = capsys.readouterr().out
    assert code == 1
    for words in ("not enrolled", "loa-server card", "Agent: does not run", "Journal: not there"):
        assert words in said


def test_settings_that_cannot_be_read_are_the_first_thing_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = __main__.main(["doctor", "--config", str(tmp_path / "none.toml")])

    assert code == 2
    assert "none.toml: cannot be read" in capsys.readouterr().out


def test_a_new_card_is_not_broken(tmp_path: Path) -> None:
    (tmp_path / "server").write_text(json.dumps({"https": "https://district"}))
    for name in ("ca", "root.json"):
        (tmp_path / name).write_text(name)

    (found,), me = papers.examine(tmp_path, Clock("synced", NOW, NOW))

    assert (found.level, me) == ("look", None)
    assert found.do is not None
    assert "console" in found.do.en


# the board


@pytest.mark.parametrize(
    ("texts", "figures", "level", "words"),
    [
        ({}, {"free_bytes": 900 * MB}, "good", "Card writes well"),
        ({}, {"free_bytes": 100 * MB}, "bad", "100 MB left"),
        ({}, {"read_only": True}, "bad", "cannot be written"),
        ({"ext4/errors_count": "3"}, {}, "bad", "3 errors"),
        ({"sys/class/thermal/thermal_zone0/temp": "85000"}, {}, "bad", "Too hot: 85"),
        ({"sys/class/thermal/thermal_zone0/temp": "45000"}, {}, "good", "Temperature 45"),
        ({"rpi_volt/in0_lcrit_alarm": "1"}, {}, "bad", "too weak"),
        ({"rpi_volt/in0_lcrit_alarm": "0"}, {}, "good", "sufficient"),
        ({}, {}, "good", "cannot measure"),
    ],
)
def test_the_boards_readings_become_advice(
    texts: dict[str, str], figures: dict[str, int], level: str, words: str, tmp_path: Path
) -> None:
    found = board.gauges(Raw(texts, **{"free_bytes": 900 * MB, **figures}), tmp_path)  # type: ignore[arg-type]

    assert [f.level for f in found if words in f.what.en] == [level]
    assert list(tmp_path.iterdir()) == []


def test_a_clock_that_nobody_vouches_for_makes_the_calendar_wait() -> None:
    assert board.clock(Clock("floor", NOW, NOW)).level == "look"
    assert board.clock(Clock("proved", NOW, NOW)).level == "good"


def a_journal(path: Path, facts: int, acked: int) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE fact (seq INTEGER PRIMARY KEY, data BLOB)")
        db.execute("CREATE TABLE journal (epoch TEXT, acked INTEGER)")
        rows = [(n, json.dumps({"at": NOW})) for n in range(1, facts + 1)]
        db.executemany("INSERT INTO fact VALUES (?, ?)", rows)
        db.execute("INSERT INTO journal VALUES ('e', ?)", (acked,))


def test_the_last_contact_and_what_waits_are_told(tmp_path: Path) -> None:
    a_journal(tmp_path / "journal.sqlite", 1500, 100)

    said, waiting = board.contact(NodeConfig(state_dir=tmp_path))

    assert "21:13 21-09-2026" in said.what.en
    assert (waiting.level, "1400" in waiting.what.vi) == ("look", True)


def test_a_damaged_database_is_told_from_a_whole_one_and_from_none(tmp_path: Path) -> None:
    a_journal(tmp_path / "journal.sqlite", 1, 1)
    (tmp_path / "shelf.sqlite").write_bytes(b"not a database, whatever its name" * 100)

    levels = {f.what.en.split(":")[0]: f.level for f in board.files(NodeConfig(tmp_path))}
    (tmp_path / "shelf.sqlite").unlink()
    none = board.files(NodeConfig(tmp_path))[0]

    assert levels == {"Shelf": "bad", "Journal": "good"}
    assert none.level == "look"


# the line


class Plain:
    """Something that listens and knows no TLS."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = ("localhost", int(self.socket.getsockname()[1]))


@pytest.fixture
def plain() -> Iterator[Plain]:
    made = Plain()
    yield made
    made.socket.close()


def reach(address: tuple[str, int]) -> Finding:
    context = ssl.create_default_context()
    return line.reach(Two("Máy chủ", "Server"), address, context)


def test_a_name_that_is_not_found_is_not_a_port_that_does_not_answer(plain: Plain) -> None:
    no_name = reach(("nowhere.invalid", 1))
    plain.socket.close()
    no_answer = reach(plain.address)

    assert "DNS" in no_name.what.en
    assert "does not answer" in no_answer.what.en
    assert no_name.do != no_answer.do


# the programs, the loudspeaker, the display


def test_a_program_counts_as_running_only_with_these_settings(tmp_path: Path) -> None:
    for pid, words in {
        "1": ["python3", "-m", "loa_node", "agent", "--config", "/etc/loa/node.toml"],
        "2": ["/usr/bin/python3", "/usr/bin/loa-node", "player", "--config", "/etc/loa/node.toml"],
        "3": ["python3", "-m", "loa_node", "screen", "--config", "/elsewhere.toml"],
    }.items():
        (tmp_path / "proc" / pid).mkdir(parents=True)
        (tmp_path / "proc" / pid / "cmdline").write_text("\0".join(words) + "\0")

    levels = [f.level for f in programs.examine(tmp_path, Path("/etc/loa/node.toml"))]

    assert levels == ["good", "good", "bad"]


def test_a_missing_sound_card_is_told() -> None:
    none = NodeConfig(player=PlayerConfig(output="alsa"))

    assert programs.sound(none, Output("none")).level == "bad"
    assert programs.sound(none, Output("file", file=Path("/x.wav"))).level == "look"
    assert "--tone" in str(programs.sound(none, Output("pulse")).do)


def test_a_display_that_is_unplugged_is_told_and_never_called_broken(tmp_path: Path) -> None:
    port = tmp_path / "sys/class/drm/card1-HDMI-A-1/status"
    port.parent.mkdir(parents=True)
    there = NodeConfig()
    config = NodeConfig(agent=type(there.agent)(sysfs=str(tmp_path)))
    levels = []
    for state in ("connected", "disconnected"):
        port.write_text(state + "\n")
        levels.append(programs.display(config).level)

    off = NodeConfig(screen=ScreenConfig(driver="off"))
    assert [*levels, programs.display(off).level] == ["good", "look", "good"]
