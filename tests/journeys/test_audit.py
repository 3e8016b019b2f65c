"""The audit log of a running district: taken away as a proof, and cut behind everybody's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loa_server.__main__ import main
from loa_server.audit import files
from parts.installation import Installation
from parts.sound import a_tone

pytestmark = [pytest.mark.parts, pytest.mark.journey]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    made.start()
    yield made
    made.close()


def cut(here: Installation, upto: int) -> None:
    """As somebody would who has the file and the time to look at its triggers."""
    with closing(sqlite3.connect(here.state / "db.sqlite3", timeout=20)) as file, file:
        for trigger in ("stays", "remains", "follows"):
            file.execute(f"DROP TRIGGER audit_entry_{trigger}")
        file.execute("DELETE FROM audit_entry WHERE seq > ?", (upto,))


def test_the_log_proves_itself_elsewhere_and_a_hamlet_remembers_what_was_cut(
    here: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bulletin = here.publish(a_tone(tmp_path / "tone.wav", seconds=2))
    here.wait_for(bulletin, "played")
    registrar = here._sign_in("registrar")
    page = registrar.open("/audit/?verb=approve")

    assert "Nguyên vẹn" in page.text()
    assert "Phê duyệt" in page.text()
    proof = tmp_path / "proof.jsonl"
    proof.write_text(registrar.open("/audit/log.jsonl").html, encoding="utf-8")
    with closing(files.reading(here.state / "db.sqlite3")) as file:
        head = files.last(file)
    assert main(["audit", "verify", str(proof), "--head", head.sha256]) == 0

    heard = "SELECT json_extract(health, '$.audit_head') FROM fleet_node"
    asked = "SELECT seq FROM audit_entry WHERE sha256 = ?"
    here.until("the node echoes a head", lambda: bool(here.rows(heard)[0][0]))
    ((told,),) = here.rows(heard)
    ((at,),) = here.rows(asked, told)
    cut(here, at - 1)

    alarms = "SELECT detail FROM ingest_alarm WHERE code = 'audit_head'"
    here.until("the district is told", lambda: bool(here.rows(alarms)))
    assert told in here.rows(alarms)[0][0]
    assert "Nguyên vẹn" not in registrar.open("/audit/").text()
    assert "Nhật ký kiểm tra đã bị sửa" in registrar.open("/").text()
    assert main(["audit", "verify", str(here.state / "db.sqlite3"), "--head", told]) == 1
    assert "BROKEN" in capsys.readouterr().out
