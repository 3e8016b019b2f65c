"""Somebody with the database file and time: each change is found, by the command staff would run.

The attacker here drops the triggers and writes with raw SQL; where it helps them they hash anew.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from fakes.people import SOME_DAY
from loa_server.__main__ import main
from loa_server.audit import chain, export, files
from loa_server.audit.book import head, holds, record
from loa_server.audit.chain import Broken, Sound

Attack = Callable[[sqlite3.Connection], object]


@pytest.fixture
def kept(database: Path) -> list[str]:
    """The heads as they were after each of eight acts: what beacons carried to the nodes."""
    heads = []
    for n in range(8):
        record("approve", who="hung", subject=f"01B{n}", at=SOME_DAY, place="/vn-75/")
        heads.append(head())
    connection.close()
    assert isinstance(files.check(database, heads), Sound)
    return heads


def attacked(database: Path, attack: Attack) -> Path:
    with closing(sqlite3.connect(database)) as file, file:
        for trigger in ("stays", "remains", "follows"):
            file.execute(f"DROP TRIGGER audit_entry_{trigger}")
        attack(file)
    return database


def hash_anew(file: sqlite3.Connection) -> None:
    before = chain.EMPTY
    for seq, line, _sha256 in list(files.entries(file)):
        before = chain.link(before, chain.digest(line))
        file.execute("UPDATE audit_entry SET sha256 = ? WHERE seq = ?", (before, seq))


def edit(file: sqlite3.Connection) -> None:
    file.execute("UPDATE audit_entry SET line = replace(line, 'hung', 'lan') WHERE seq = 4")


def cut_the_middle(file: sqlite3.Connection) -> None:
    file.execute("DELETE FROM audit_entry WHERE seq IN (4, 5)")


def cut_the_middle_and_close_up(file: sqlite3.Connection) -> None:
    cut_the_middle(file)
    for seq in (6, 7, 8):
        file.execute("UPDATE audit_entry SET seq = seq - 2 WHERE seq = ?", (seq,))


def reorder(file: sqlite3.Connection) -> None:
    for was, becomes in ((4, 99), (5, 4), (99, 5)):
        file.execute("UPDATE audit_entry SET seq = ? WHERE seq = ?", (becomes, was))


def cut_the_tail(file: sqlite3.Connection) -> None:
    file.execute("DELETE FROM audit_entry WHERE seq > 5")


def cut_everything(file: sqlite3.Connection) -> None:
    file.execute("DELETE FROM audit_entry")


def rewrite(file: sqlite3.Connection) -> None:
    edit(file)
    hash_anew(file)


@pytest.mark.parametrize(
    ("attack", "found"),
    [
        (edit, Broken(4, "edited")),
        (cut_the_middle, Broken(4, "missing")),
        (cut_the_middle_and_close_up, Broken(4, "edited")),
        (reorder, Broken(4, "edited")),
    ],
)
@pytest.mark.usefixtures("kept")
def test_the_chain_alone_shows_it(database: Path, attack: Attack, found: Broken) -> None:
    assert files.check(attacked(database, attack)) == found


@pytest.mark.parametrize(
    ("attack", "found"),
    [
        (cut_the_tail, Broken(5, "head")),
        (cut_everything, Broken(0, "head")),
        (rewrite, Broken(8, "head")),
    ],
)
def test_a_head_kept_elsewhere_shows_what_the_chain_cannot(
    database: Path, kept: list[str], attack: Attack, found: Broken
) -> None:
    attacked(database, attack)

    assert isinstance(files.check(database), Sound)
    assert files.check(database, [kept[-1]]) == found


@pytest.mark.parametrize("attack", [cut_the_tail, cut_everything, rewrite])
def test_a_head_that_a_node_echoes_is_not_in_a_changed_log(
    database: Path, kept: list[str], attack: Attack
) -> None:
    assert holds(kept[-1])
    connection.close()

    attacked(database, attack)

    assert not holds(kept[-1])


def test_what_was_cut_stays_noticed_after_new_acts(database: Path, kept: list[str]) -> None:
    attacked(database, cut_the_tail)
    for n in range(20):
        record("approve", who="hung", subject=f"later {n}", at=SOME_DAY)
    connection.close()

    assert files.check(database, [kept[-1]]) == Broken(25, "head")


def test_the_command_says_it_and_its_exit_code_too(
    database: Path, kept: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", str(database), "--head", kept[-1].upper()]) == 0
    assert capsys.readouterr().out.startswith("sound: 8 entries, with all 1 heads asked for")

    attacked(database, cut_the_tail)

    assert main(["audit", "verify", str(database)]) == 0
    assert main(["audit", "verify", str(database), "--head", kept[-1]]) == 1
    assert "BROKEN: entry 5" in capsys.readouterr().out


def test_the_engines_log_is_a_witness(
    database: Path, kept: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "journal.txt"
    log.write_text(f"06:00 loa-server[1]: INFO x: audit head 8 {kept[-1]}\nsha256 {'0' * 64}\n")
    asked = ["audit", "verify", str(database), "--heads", str(log)]
    assert main(asked) == 0

    attacked(database, rewrite)

    assert main(asked) == 1
    assert "BROKEN" in capsys.readouterr().out


def test_an_export_is_verified_without_the_database(
    database: Path, kept: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "server.toml"
    settings.write_text(f'state_dir = "{database.parent}"\n')
    assert main(["audit", "export", "--config", str(settings)]) == 0
    said = capsys.readouterr().out
    sent = tmp_path / "audit.jsonl"
    sent.write_text(said, encoding="utf-8")

    assert main(["audit", "verify", str(sent), "--head", kept[2]]) == 0

    for changed in (
        said.replace("01B3", "01BX"),
        "\n".join(said.splitlines()[:-1]),
        said.replace('"entries":8', '"entries":7'),
        said.replace("\n", "\n\n").replace("01B7", "01B6"),
    ):
        sent.write_text(changed, encoding="utf-8")
        assert main(["audit", "verify", str(sent)]) == 1, changed


def test_a_line_that_was_not_shown_still_holds_the_chain_together() -> None:
    lines = ["{}", '{"who":"x"}', "{}"]
    rows, before = [], chain.EMPTY
    for seq, line in enumerate(lines, 1):
        before = chain.link(before, chain.digest(line))
        rows.append((seq, line, before))
    last = chain.Head(3, before)
    told = [export.shown(*rows[0]), export.hidden(*rows[1]), export.shown(*rows[2])]

    assert export.check([export.heading(last, SOME_DAY), *told]) == Sound(last)
    assert "who" not in told[1]
    wrong = json.loads(told[1]) | {"line_sha256": "00" * 32}
    changed = [export.heading(last, SOME_DAY), told[0], json.dumps(wrong), told[2]]
    assert export.check(changed) == Broken(2, "edited")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "[]",
        "{}",
        '{"loa_audit":2,"entries":0,"head":""}',
        '{"loa_audit":1,"entries":"1","head":""}',
        '{"loa_audit":1,"entries":true,"head":""}',
        '{"loa_audit":1,"entries":1,"head":""}\n{"n":1,"sha256":1}',
        '{"loa_audit":1,"entries":1,"head":""}\n{"n":1,"sha256":"","line_sha256":"xy"}',
        "[" * 100_000,
    ],
)
def test_what_is_no_log_is_told_and_never_called_sound(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text(text)

    assert main(["audit", "verify", str(file)]) == 2
    assert "loa-server audit: " in capsys.readouterr().err


def test_a_hash_in_an_export_that_is_no_hash_is_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text('{"loa_audit":1,"entries":1,"head":"zz"}\n{"n":1,"sha256":"zz","line":"{}"}')

    assert main(["audit", "verify", str(file)]) == 1


def test_a_missing_file_or_database_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite3"
    sqlite3.connect(empty).execute("CREATE TABLE x (y)").connection.close()

    assert main(["audit", "verify", str(tmp_path / "none")]) == 2
    assert main(["audit", "verify", str(empty)]) == 2
