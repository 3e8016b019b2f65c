"""Live pages as browsers meet them: the real server, many connections, a database that changes."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fakes.reports import AT, BULLETIN, NODE, a_life, journal, status
from loa_server.ingest.writer import Writer
from loa_server.web import live
from loa_server.web.changes import Changes
from loa_server.web.rooms import BACKLOG
from parts.broker import free_port
from parts.database import Table, a_bulletin, a_node, an_area, migrated

VIEWERS = 60
PATIENCE_S = 20.0
PROGRAM = """
import asyncio, sys
from pathlib import Path
from granian.constants import Interfaces
from granian.server.embed import Server
from loa_server.web.live import Live
database, port = sys.argv[1:]
scopes = {"ap": ("/vn-75/vn-25351/",), "tinh": ("/vn-75/",), "xa-khac": ("/vn-75/vn-25345/",)}
scopes["leaver"] = scopes["tinh"]
def scopes_of(session, room):
    return scopes.pop(session, None) if session == "leaver" else scopes.get(session)
live = Live(Path(database), "loa_session", scopes_of, recheck_s=0.3)
asyncio.run(Server(live, port=int(port), interface=Interfaces.ASGINL).serve())
"""


class Viewer:
    """One browser tab."""

    def __init__(self, port: int, room: str, session: str = "ap", last: int | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._file = self._socket.makefile("rb")
        again = f"Last-Event-ID: {last}\r\n" if last is not None else ""
        head = f"GET /live/{room} HTTP/1.1\r\nHost: x\r\nCookie: a=b; loa_session={session}\r\n"
        self._socket.sendall(f"{head}{again}\r\n".encode())
        self.status = int(self._file.readline().split()[1])
        self._skip_to(b"\r\n")
        if self.status == 200:
            self._skip_to(b"retry: 2000\n")

    def event(self) -> tuple[str, dict[str, Any]]:
        """The next one, as (name, data)."""
        name = self._skip_to(b"event: ").removeprefix(b"event: ").decode().strip()
        data = self._skip_to(b"data: ").removeprefix(b"data: ")
        return name, json.loads(data)

    def states(self) -> str:
        """Of one delivery, up to the last thing that was told."""
        state = ""
        while state != "played":
            state = self.event()[1]["state"]
        return state

    def is_told_nothing(self, seconds: float) -> bool:
        self._socket.settimeout(seconds)
        try:
            while not (line := self._file.readline()).startswith(b"event: "):
                assert line, "the server closed the page"
        except TimeoutError:
            return True
        return False

    def rest(self) -> bytes:
        """Up to the end, which the server makes: an empty chunk."""
        lines = [b""]
        while lines[-1] != b"0\r\n":
            lines.append(self._file.readline())
        return b"".join(lines)

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _skip_to(self, beginning: bytes) -> bytes:
        end = time.monotonic() + PATIENCE_S
        while not (line := self._file.readline()).startswith(beginning):
            assert line, "the server closed the page"
            assert time.monotonic() < end, "nothing was told"
        return line


class House:
    """A database, a writer that changes it, and a live server that watches it."""

    def __init__(self, database: Path) -> None:
        self.writer = Writer(database)
        self.table = Table(database)
        self.port = free_port()
        command = [sys.executable, "-c", PROGRAM, str(database), str(self.port)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self._viewers: list[Viewer] = []
        end = time.monotonic() + PATIENCE_S
        while socket.socket().connect_ex(("127.0.0.1", self.port)) != 0:
            assert time.monotonic() < end
            time.sleep(0.02)

    def watch(self, room: str = f"bulletin/{BULLETIN}", **how: Any) -> Viewer:
        viewer = Viewer(self.port, room, **how)
        self._viewers.append(viewer)
        return viewer

    def close(self) -> None:
        for viewer in self._viewers:
            viewer.close()
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        self.writer.close()
        self.table.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = migrated(tmp_path_factory.mktemp("live"))
    table = Table(database)
    an_area(table)
    a_bulletin(table, BULLETIN)
    for node in (NODE, "tq-02"):
        a_node(table, node)
        row = {"rev": 1, "state": "expected", "planned": 1, "seq": 1}
        table.add("dispatch_delivery", bulletin_id=BULLETIN, node_id=node, **row)
    table.close()
    return database


@pytest.fixture
def house(template: Path, tmp_path: Path) -> Iterator[House]:
    made = House(Path(shutil.copy(template, tmp_path)))
    yield made
    made.close()


@pytest.mark.parts
def test_many_people_watch_one_ledger_and_each_sees_the_last_word(house: House) -> None:
    viewers = [house.watch() for _ in range(VIEWERS)]

    for fact in a_life():
        house.writer.take([journal([fact])], AT)

    assert {viewer.states() for viewer in viewers} == {"played"}


@pytest.mark.parts
def test_a_row_says_what_the_ledger_shows(house: House) -> None:
    viewer = house.watch()

    house.writer.take([journal(a_life())], AT)

    name, row = viewer.event()
    assert name == "row"
    assert row["changed_at"].endswith("Z")
    assert {k: row[k] for k in ("bulletin", "node", "state", "evidence", "plays", "planned")} == {
        "bulletin": BULLETIN,
        "node": NODE,
        "state": "played",
        "evidence": "device",
        "plays": 1,
        "planned": 1,
    }


@pytest.mark.parts
def test_a_page_that_was_away_is_told_what_it_missed(house: House) -> None:
    house.writer.take([journal(a_life())], AT)

    late = house.watch(last=1)

    assert late.event()[1]["state"] == "played"


@pytest.mark.parts
def test_a_page_that_missed_too_much_is_read_anew(house: House) -> None:
    table = house.table
    table.db.execute("BEGIN")
    for n in range(BACKLOG + 1):
        a_node(table, f"n-{n}")
        row = {"rev": 1, "state": "ready", "planned": 1, "seq": 2}
        table.add("dispatch_delivery", bulletin_id=BULLETIN, node_id=f"n-{n}", **row)
    table.db.execute("COMMIT")

    late = house.watch(last=1)

    assert late.event() == ("resync", {})


@pytest.mark.parts
def test_nobody_sees_another_communes_rows_and_those_above_see_all(house: House) -> None:
    stranger, above = house.watch(session="xa-khac"), house.watch(session="tinh")

    house.writer.take([journal(a_life())], AT)

    assert above.states() == "played"
    assert stranger.is_told_nothing(0.6)


@pytest.mark.parts
def test_a_page_of_who_may_no_longer_see_it_is_ended(house: House) -> None:
    stays, leaver = house.watch(), house.watch(session="leaver")
    time.sleep(0.5)  # until they are asked about again

    for fact in a_life():
        house.writer.take([journal([fact])], AT)

    assert b"event:" not in leaver.rest()
    assert stays.states() == "played"


@pytest.mark.parts
def test_without_a_session_there_is_nothing_to_see(house: House) -> None:
    assert house.watch(session="nobody").status == 204


@pytest.mark.parts
def test_the_fleet_is_told_of_a_node_that_left_without_a_word(house: House) -> None:
    house.writer.take([status(1, 1, online=True)], AT)
    viewer = house.watch("fleet")

    house.writer.take([status(1, 1, online=False)], AT + 1)

    name, row = viewer.event()
    assert (name, row["node"], row["online"]) == ("row", NODE, False)


def test_a_browser_that_has_gone_is_forgotten_at_once(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when it is next told that the server is still here: they come and go all day."""
    monkeypatch.setattr(live, "PING_S", 3600.0)
    sent = []

    async def watch() -> dict[object, object]:
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message.get("body", b""))
            if sent[-1].startswith(b"retry"):
                gone.set()

        pages = live.Live(template, "s", lambda _session, _room: ("/vn-75/",))
        head = {"method": "GET", "path": "/live/fleet", "query_string": b""}
        await asyncio.wait_for(pages({**head, "headers": [(b"cookie", b"s=x")]}, receive, send), 60)
        return pages._wakes

    assert asyncio.run(watch()) == {}
    assert sent[-1] == b""


def test_what_others_commit_is_told_once(template: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(template, tmp_path))
    changes, writer = Changes(database), Writer(database)
    assert changes.poll() == []

    writer.take([journal(a_life()), status(1, 1, online=True)], AT)

    told = [(change.room, change.node) for change in changes.poll()]
    assert told[0] == (f"bulletin/{BULLETIN}", NODE)
    assert ("fleet", NODE) in told
    assert changes.poll() == []
    writer.close()
    changes.close()


def test_it_may_be_closed_while_a_poll_is_under_way(template: Path) -> None:
    """As when the server stops: the process itself ended, by a segmentation fault."""
    for _ in range(100):
        changes = Changes(template)
        with ThreadPoolExecutor(1) as other:
            polls = [other.submit(changes.poll) for _ in range(20)]
            changes.close()
        assert all(isinstance(p.exception(), sqlite3.Error | None) for p in polls)


def test_a_poll_without_a_commit_reads_no_row(template: Path, tmp_path: Path) -> None:
    changes = Changes(Path(shutil.copy(template, tmp_path)))
    changes.poll()
    read: list[str] = []
    changes._db.set_trace_callback(read.append)

    changes.poll()

    assert read == ["PRAGMA data_version"]
    with pytest.raises(sqlite3.OperationalError):
        changes._db.execute("DELETE FROM dispatch_delivery")
    changes.close()
