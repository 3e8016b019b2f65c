"""A hamlet whose road to the district is gone for a week, with power that comes and goes.

It plays what its calendar says. A clerk carries its journal to the district on a stick, twice by
mistake, and brings back a bulletin that is heard without any line. Then the line comes back, and
every fact is there once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from loa_wire.localtime import LOCAL
from parts.installation import Installation
from parts.sound import a_tone, heard

pytestmark = [pytest.mark.parts, pytest.mark.journey]

DAILY, BROUGHT = 1000, 600  # hertz
DAYS: Final = (1, 3, 7)
CUT_OFF_ON: Final = 3
"""On that day the power goes in the middle of the play."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.make()
    yield made
    made.close()


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def test_a_week_without_network_loses_no_report(
    here: Installation, tmp_path: Path, usb: Path
) -> None:
    voices = {hz: a_tone(tmp_path / f"{hz}.wav", hz, seconds=2) for hz in (DAILY, BROUGHT)}
    here.start()
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) - timedelta(minutes=1)
    daily = here.publish(voices[DAILY], "Hằng ngày", schedule=every_day(at))
    here.wait_for(daily, "ready")
    line = cut_off(here)
    lasting = {"mode": "now", "ends_at": (at + timedelta(days=14)).strftime("%Y-%m-%dT%H:%M")}
    brought = here.publish(voices[BROUGHT], "Mang tới bằng USB", schedule=lasting)
    here.until("it is signed", lambda: here.row(brought) is not None)
    here.stop_server()
    here.kill_broker()

    for day in DAYS:
        live_through(here, at + timedelta(days=day, seconds=5), cut=day == CUT_OFF_ON)
        if day == DAYS[1]:
            carry(here, "export", usb)
    here.start_broker()  # by the hamlet's clock: how far two may be apart is not what is asked here
    here.start_server()

    the_journal_counts_once(here, usb, daily)
    the_bulletin_is_heard_without_a_line(here, usb, brought)

    line.mend()
    here.node.kill("agent")
    here.node.power_cycle()
    here.start_agent()
    here.wait_for(brought, "played")
    here.until("all is told", lambda: told(here) == happened(here), lambda: apart(here))
    assert ends(here).count(("ended", daily)) == len(DAYS)
    doubled = "SELECT count(*) - count(DISTINCT epoch || '/' || seq) FROM ingest_storedfact"
    assert one(here, doubled) == 0
    assert here.rows("SELECT code FROM ingest_alarm WHERE code IN ('clone', 'journal_gap')") == []


def the_journal_counts_once(here: Installation, usb: Path, daily: str) -> None:
    before = one(here, "SELECT count(*) FROM ingest_storedfact")
    first, second = here.stick("import", usb), here.stick("import", usb)

    assert one(here, "SELECT count(*) FROM ingest_storedfact") > before
    assert " 0 new facts" not in first
    assert " 0 new facts" in second
    row = here.row(daily)
    assert row is not None
    assert row.state != "ready"  # two days' plays are known
    assert one(here, "SELECT online FROM fleet_node") == 0  # carried, not connected


def the_bulletin_is_heard_without_a_line(here: Installation, usb: Path, brought: str) -> None:
    here.stick("export", usb)
    before = acknowledged(here)

    carry(here, "import", usb)

    here.until("it has ended", lambda: ("ended", brought) in ends(here))
    assert heard(here.node.wav).count(BROUGHT) >= 17
    assert acknowledged(here) > before  # what the clerk had carried may be forgotten


def every_day(at: datetime) -> dict[str, str | list[str]]:
    """From tomorrow on, for nine days."""
    first, last = at + timedelta(days=1), at + timedelta(days=9)
    days = {"from": first.date().isoformat(), "until": last.date().isoformat()}
    return {"mode": "at", "times": [at.strftime("%H:%M")], **days}


class Line:
    """The node's road to the district: no name in its papers leads anywhere until it is mended."""

    def __init__(self, papers: Path) -> None:
        self._papers, self._whole = papers, papers.read_text()
        gone = {"broker": "localhost:1", "https": "https://localhost:1"}
        papers.write_text(json.dumps(json.loads(self._whole) | gone))

    def mend(self) -> None:
        self._papers.write_text(self._whole)


def cut_off(here: Installation) -> Line:
    here.node.kill("agent")
    return Line(here.node.identity / "server")


def live_through(here: Installation, moment: datetime, *, cut: bool) -> None:
    """The power comes back, the day's play is heard, and the power goes again; the last day's
    power stays."""
    if here.node.runs("agent"):
        here.node.kill("agent")
    before = len(plays(here))
    here.later = f"{int((moment - datetime.now(LOCAL)).total_seconds()):+d}s"
    here.node.power_cycle()
    here.start_agent()
    what = "started" if cut else "ended"
    here.until(f"it is {what}", lambda: len(plays(here, what)) > before, lambda: str(plays(here)))
    if cut:
        here.node.kill("agent")
        here.node.kill("player")
        here.node.start("player")


def plays(here: Installation, what: str = "started") -> list[str]:
    facts = happened(here)
    return [seq for seq, fact, bulletin in facts if fact == what and bulletin]


def happened(here: Installation) -> list[tuple[str, str, str]]:
    """The node's own journal: (seq, fact, bulletin)."""
    rows = here.journal("SELECT data FROM fact ORDER BY seq")
    facts = [json.loads(data) for (data,) in rows]
    return [(str(f["seq"]), f["fact"], f.get("bulletin", "")) for f in facts]


def told(here: Installation) -> list[tuple[str, str, str]]:
    query = "SELECT CAST(seq AS TEXT), fact, bulletin FROM ingest_storedfact ORDER BY seq"
    return [(seq, fact, bulletin) for seq, fact, bulletin in here.rows(query)]


def ends(here: Installation) -> list[tuple[str, str]]:
    return [(fact, bulletin) for _, fact, bulletin in happened(here)]


def apart(here: Installation) -> str:
    return str(set(happened(here)) ^ set(told(here)))


def acknowledged(here: Installation) -> int:
    ((upto,),) = here.journal("SELECT acked FROM journal")
    return int(upto)


def one(here: Installation, query: str, *values: str) -> int:
    ((found,),) = here.rows(query, *values)
    return int(found)


def carry(here: Installation, verb: str, usb: Path) -> None:
    """`loa-node export | import`, as whoever stands before the kiosk types it."""
    command = [sys.executable, "-m", "loa_node", verb, str(usb)]
    command += ["--config", str(here.node.settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
