"""One whole installation for one test: broker, server, console and a hamlet node, each real.

Everything a person does goes through the console's own pages; everything that happens to the
machines (a kill, a cut line, three days) is done to real processes.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parts.broker import free_port
from parts.node import Node
from provisioning import broker, demo
from provisioning.authenticator import Authenticator
from provisioning.pages import Browser, Values
from provisioning.settle import settle

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
AREA = "vn-25351"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ledger, as the database has it."""

    node: str
    state: str
    evidence: str
    plays: int
    reason: str


class Installation:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "server"
        self.ports = {name: free_port() for name in ("console", "nodes", "broker")}
        self.settings = self.state / "server.toml"
        self.node = Node(folder / "node")
        self.later = ""  # libfaketime's offset, "+3d": for whatever is started from now on
        self._broker: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._author: Browser | None = None
        self._approver: Browser | None = None
        self._officer: Browser | None = None
        self._registrar: Browser | None = None
        self._duty_app: Authenticator | None = None

    # the machines

    def make(self, **settings: str | int) -> None:
        self.state.mkdir(parents=True)
        text = (ROOT / "provisioning" / "server.toml").read_text(encoding="utf-8")
        values: dict[str, Any] = {
            "state_dir": str(self.state),
            "fleet.reconnect_w": 1,
            "fleet.fetch_spread": 0,
            "limits.quiet_from": "",
            "limits.quiet_until": "",
            **{f"{name}.port": port for name, port in self.ports.items()},
            "broker.acl": str(self.folder / "broker" / "acl"),
            "broker.pid_file": str(self.folder / "broker" / "mosquitto.pid"),
            **settings,
        }
        self.settings.write_text(settle(text, values), encoding="utf-8")
        self._run("init", "--demo", "--node-identity", str(self.node.identity))
        self.node_id = json.loads((self.node.identity / "server").read_text())["node"]

    def start(self) -> None:
        self.start_broker()
        self.start_server()
        self.start_node()

    def start_broker(self) -> None:
        pki = self.state / "pki"
        tls = broker.Tls(pki / "ca.crt", pki / "broker.crt", pki / "broker.key")
        log = f"file {self.folder}/mosquitto.log"
        conf = broker.render(self.folder / "broker", self.ports["broker"], tls, log=log)
        self._broker = subprocess.Popen([broker.PROGRAM, "-c", str(conf)], env=self._env())

    def kill_broker(self) -> None:
        assert self._broker is not None
        self._broker.kill()
        self._broker.wait()
        self._broker = None

    def start_server(self) -> None:
        command = [sys.executable, "-m", "loa_server", "up", "--config", str(self.settings)]
        out = (self.folder / "server.log").open("ab")
        began = out.tell()
        self._server = subprocess.Popen(command, stdout=out, stderr=out, env=self._env())
        self.until("the server is ready", lambda: b"ready: " in self._server_said(began))

    def stop_server(self) -> None:
        assert self._server is not None
        self._server.terminate()
        self._server.wait(PATIENCE_S)
        self._server = None

    def kill_server(self) -> None:
        """kill -9 of all of it at once, the supervisor first so that it restarts nobody."""
        assert self._server is not None
        children = children_of(self._server.pid)
        self._server.kill()
        self._server.wait()
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        self._server = None
        self.until("its programs are gone", lambda: not any(map(_lives, children)))

    def start_node(self) -> None:
        """The player stays in true time: it asks no calendar; libVLC's waits fail in another."""
        if self.later:
            self.node.power_cycle()  # no board is on while its clock goes days further
        self.node.start("player", "screen")
        self.start_agent()

    def start_agent(self) -> None:
        before = dict(os.environ)
        os.environ.update(self._env())
        try:
            self.node.start("agent")
        finally:
            os.environ.clear()
            os.environ.update(before)

    def stop_node(self) -> None:
        self.node.close()

    def close(self) -> None:
        self.node.close()
        for process in (self._server, self._broker):
            if process is not None:
                process.terminate()
                process.wait(PATIENCE_S)

    # the people

    @property
    def author(self) -> Browser:
        if self._author is None:
            self._author = self._sign_in("author")
        return self._author

    @property
    def approver(self) -> Browser:
        if self._approver is None:
            self._approver = self._sign_in("approver")
        return self._approver

    def write(self, voice: Path, title: str = "Tiêm chủng tại ấp", **changes: Any) -> str:
        """A bulletin written and submitted in the console; its id."""
        sample: dict[str, Any] = {
            "level": "normal",
            "genre": "health",
            "home": AREA,
            "areas": [AREA],
            "source": {"number": "", "issuer": "Trạm Y tế"},
            "ticker": "Mang theo sổ tiêm chủng",
            "title": {"vi": title},
            "text": {"vi": "Sáng thứ Bảy, từ 7 giờ 30, tại nhà văn hóa ấp."},
            "voices": {"vi": {"file": str(voice)}},
            "pictures": [],
            "schedule": {"mode": "now"},
        }
        return demo.write(self.author, sample | changes)

    def approve(self, bulletin: str) -> None:
        demo.approve(self.approver, bulletin)

    def publish(self, voice: Path, title: str = "Tiêm chủng tại ấp", **changes: Any) -> str:
        bulletin = self.write(voice, title, **changes)
        self.approve(bulletin)
        return bulletin

    @property
    def officer(self) -> Browser:
        if self._officer is None:
            self._officer = self._sign_in("duty")
        return self._officer

    def countersign(self, bulletin: str) -> None:
        """With the code that only the duty signer can check."""
        page = self.officer.open(f"/duty/{bulletin}")
        if self._duty_app is None:
            self._duty_app = Authenticator(self._accounts()["trucban"]["duty_totp"])
        typed: Values = {"code": self._duty_app.code()}
        page = self.officer.send(page, page.form("/countersign"), typed)
        demo.expect(page, f"/emergency/{bulletin}")

    def end(self, bulletin: str, how: str) -> None:
        """`how`: stop, or all-clear; by the duty officer alone, whose codes are less in use."""
        page = self.officer.open(f"/bulletins/{bulletin}/{how}")
        assert self.officer.app is not None
        typed: Values = {"code": self.officer.app.code()}
        page = self.officer.send(page, page.form(f"/{how}"), typed)
        demo.expect(page, f"/bulletins/{bulletin}")

    @property
    def registrar(self) -> Browser:
        """Who takes cards in; as a technician may."""
        if self._registrar is None:
            self._registrar = self._sign_in("registrar")
        return self._registrar

    def card(self, folder: Path, *options: str) -> str:
        """`loa-server card …`: what an SD card carries."""
        return self._run("card", str(folder), *options)

    def stick(self, verb: str, folder: Path) -> str:
        """`loa-server export | import DIR`; what it prints."""
        return self._run(verb, str(folder))

    def people(self, *words: str) -> str:
        """`loa-server people …`, as whoever runs the server asks it; what it prints."""
        return self._run("people", *words)

    # what can be seen

    def row(self, bulletin: str) -> Row | None:
        found = self.rows(
            "SELECT node_id, state, evidence, plays, reason FROM dispatch_delivery"
            " WHERE bulletin_id = ?",
            bulletin,
        )
        return Row(*found[0]) if found else None

    def wait_for(self, bulletin: str, *states: str) -> Row:
        """The ledger's row once it is in one of these states."""

        def there() -> bool:
            row = self.row(bulletin)
            return row is not None and row.state in states

        self.until(f"{bulletin} is {' or '.join(states)}", there, lambda: str(self.row(bulletin)))
        row = self.row(bulletin)
        assert row is not None
        return row

    def facts(self, bulletin: str) -> list[str]:
        """What the district was told about it, in the node's order."""
        query = "SELECT fact FROM ingest_storedfact WHERE bulletin = ? ORDER BY epoch, seq"
        return [name for (name,) in self.rows(query, bulletin)]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        database = f"file:{self.state / 'db.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True, timeout=20)) as db:
            return db.execute(query, values).fetchall()

    def journal(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The node's own journal, whether or not the district knows; nothing while it is made."""
        database = f"file:{self.node.state / 'journal.sqlite'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True, timeout=20)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'fact'").fetchone():
                return []
            return db.execute(query, values).fetchall()

    def until(
        self,
        what: str,
        true: Callable[[], bool],
        now: Callable[[], str] = lambda: "",
        patience_s: float = PATIENCE_S,
    ) -> None:
        end = time.monotonic() + patience_s
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"never: {what}; {now()}\n{self.logs()}")
            time.sleep(0.05)

    def logs(self) -> str:
        files = [self.folder / "server.log", *sorted(self.node.folder.glob("*.log"))]
        return "\n".join(
            f"--- {file.name}\n" + "\n".join(file.read_text(errors="replace").splitlines()[-20:])
            for file in files
            if file.exists()
        )

    @property
    def server_pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    # how

    def _accounts(self) -> demo.Accounts:
        file = self.state / "demo" / "accounts.json"
        found: demo.Accounts = json.loads(file.read_text(encoding="utf-8"))
        return found

    def _sign_in(self, role: str) -> Browser:
        file, accounts = self.state / "demo" / "accounts.json", self._accounts()
        address = f"http://127.0.0.1:{self.ports['console']}"

        def keep() -> None:
            file.write_text(json.dumps(accounts), encoding="utf-8")

        return demo.sign_in(address, accounts, role, keep)

    def _run(self, *words: str) -> str:
        command = [sys.executable, "-m", "loa_server", words[0], "--config", str(self.settings)]
        made = subprocess.run(
            [*command, *words[1:]], capture_output=True, text=True, check=False, env=self._env()
        )
        assert made.returncode == 0, made.stdout + made.stderr
        return made.stdout

    def _env(self) -> dict[str, str]:
        if not self.later:
            return dict(os.environ)
        faked = {"LD_PRELOAD": FAKETIME, "FAKETIME": self.later, "DONT_FAKE_MONOTONIC": "1"}
        return os.environ | faked | {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def _server_said(self, since: int) -> bytes:
        assert self._server is not None
        assert self._server.poll() is None, self.logs()
        with (self.folder / "server.log").open("rb") as log:
            log.seek(since)
            return log.read()


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
