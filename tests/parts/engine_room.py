"""A district with its real signer, engine and Mosquitto, and nobody at the console.

What people would have clicked is written into the database; nodes are MQTT clients of the test.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loa_server import pki
from loa_wire.bulletin import OPUS, Bulletin, Media, Schedule
from loa_wire.dsse import open_envelope
from loa_wire.limits import BULLETIN_ENVELOPE
from parts.broker import Broker, free_port
from parts.client import Client
from parts.database import Table, a_node
from parts.pki import Certificates
from provisioning.authenticator import STEP_S, at
from provisioning.settle import settle

ROOT = Path(__file__).resolve().parents[2]
AREA = "vn-25351"
PATIENCE_S = 30.0


class EngineRoom:
    """`template` is a state folder that `initialised` made; every room has its own copy."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.settings = folder / "server.toml"
        self.log = folder / "engine.log"
        self.nodes_port = 0
        self._began, self._given = int(time.time()), 0
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        shutil.copytree(template, self.state)
        _write_settings(self.settings, self.state)
        accounts = json.loads((self.state / "demo" / "accounts.json").read_text())
        self._app = accounts["nguoiduyet"]["totp"]
        self.table = Table(self.state / "db.sqlite3")
        (folder / "pki").mkdir()
        authority = pki.Pair(
            (self.state / "pki" / "ca.crt").read_bytes(),
            (self.state / "keys" / "ca.key").read_bytes(),
        )
        self.pki = Certificates(folder / "pki", authority)
        self.broker = Broker(folder / "broker", self.pki)
        self._settle(**{"broker.port": self.broker.port})

    def start(self) -> None:
        self.broker.start()
        self.start_program("signer")
        self.start_program("engine")
        # its first words go out on the connection on which it has subscribed: from here on it hears
        sent = "SELECT COUNT(*) FROM dispatch_message WHERE sent_at IS NOT NULL"
        self.until("the engine is at the broker", lambda: self.table.one(sent))

    def start_program(self, name: str) -> None:
        self._begin(name)
        path = self.state / "run" / f"{name}.sock"
        self.until(f"{name} runs", path.exists)

    def start_web(self) -> None:
        """Console and nodes' listener, on ports of its own."""
        self.nodes_port = free_port()
        self._settle(**{"console.port": free_port(), "nodes.port": self.nodes_port})
        self._begin("web")
        self.until("web answers", lambda: _listens(self.nodes_port))

    def kill_program(self, name: str) -> None:
        """kill -9"""
        self._programs[name].kill()
        self._programs.pop(name).wait()
        (self.state / "run" / f"{name}.sock").unlink(missing_ok=True)  # as its supervisor does

    def stop_program(self, name: str) -> int:
        process = self._programs.pop(name)
        process.terminate()
        return process.wait(PATIENCE_S)

    def close(self) -> None:
        for name in list(self._programs):
            self.stop_program(name)
        self.broker.stop()
        self.table.close()

    def _begin(self, name: str) -> None:
        command = [sys.executable, "-m", "loa_server", name, "--config", str(self.settings)]
        with self.log.open("ab") as log:
            self._programs[name] = subprocess.Popen(command, stderr=log, stdout=log)

    # what people and nodes do

    def node(self, name: str) -> Client:
        """Enrolled, and connected to the broker."""
        if self.table.one("SELECT 1 FROM fleet_node WHERE id = ?", name) is None:
            a_node(self.table, name, AREA, unit="don-vi")
        client = Client(self.broker.port, self.pki.context(self.pki.node(name)))
        client.subscribe(f"loa/1/area/{AREA}/+", f"loa/1/node/{name}/down/+")
        return client

    def medium(self, body: bytes = b"as if it were sound") -> Media:
        """Prepared by the console: on the private shelf."""
        name = hashlib.sha256(body).hexdigest()
        shelf = self.state / "private" / "media"
        shelf.mkdir(parents=True, exist_ok=True)
        (shelf / name).write_bytes(body)
        return Media(sha256=name, bytes=len(body), type=OPUS, duration_ms=2000)

    def approve(self, number: int = 1, *, hint: bool = True, **changes: Any) -> str:
        """Written by one and approved by another; the engine is told, unless `hint` is False.

        Its time of issue is that of the approver's code, each of another half minute: no word is
        older than what it stands under.
        """
        self._given += 1
        now = (self._began // STEP_S - self._given) * STEP_S * 1000
        bulletin = Bulletin(
            **{
                "kind": "play",
                "id": f"01J{number:023d}",
                "rev": 1,
                "level": "normal",
                "areas": [AREA],
                "iat": now,
                "nbf": now,
                "exp": now + 86_400_000,
                "title": {"vi": "Tiêm chủng"},
                "schedule": Schedule(mode="now"),
                **changes,
            }
        )
        self._write_rows(bulletin)
        if hint:
            self.hint()
        return bulletin.id

    def hint(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.sendto(b"!", str(self.state / "run" / "engine.sock"))

    def _write_rows(self, bulletin: Bulletin) -> None:
        payload, table = bulletin.encode(), self.table
        digest = hashlib.sha256(payload).hexdigest()
        author = table.one("SELECT id FROM areas_person WHERE username = 'bientap'")
        approver = table.one("SELECT id FROM areas_person WHERE username = 'nguoiduyet'")
        table.db.execute("BEGIN IMMEDIATE")
        row = {"home_id": AREA, "author_id": author, "state": "approved", "rev": 1, "version": 1}
        table.add("bulletins_bulletin", id=bulletin.id, level=bulletin.level, kind="play", **row)
        for area in bulletin.areas:
            table.add("bulletins_bulletin_areas", bulletin_id=bulletin.id, area_id=area)
        revision = table.add(
            "bulletins_revision",
            bulletin_id=bulletin.id,
            rev=bulletin.rev,
            payload=payload,
            sha256=digest,
            author_id=author,
        )
        people = {"author_id": author, "approver_id": approver}
        word = {"revision_id": revision, "sha256": digest, **self._code()}
        table.add("bulletins_approval", **word, **people)
        table.add("dispatch_intent", what="bulletin", revision_id=revision)
        table.db.execute("COMMIT")

    def _code(self) -> dict[str, Any]:
        """A moment of today and the approver's code of then."""
        step = self._began // STEP_S - self._given
        moment = datetime.fromtimestamp(step * STEP_S, UTC)
        return {"at": f"{moment:%Y-%m-%d %H:%M:%S}", "step": step, "code": at(self._app, step)}

    # what can be seen

    def until(self, what: str, true: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"never: {what}\n{self.log.read_text(errors='replace')}")
            time.sleep(0.02)

    def state_of(self, bulletin: str) -> str:
        return str(self.table.one("SELECT state FROM bulletins_bulletin WHERE id = ?", bulletin))

    def _settle(self, **values: Any) -> None:
        self.settings.write_text(settle(self.settings.read_text(), values), encoding="utf-8")


def initialised(folder: Path) -> Path:
    """A state folder as `loa-server init --demo` leaves it."""
    settings, state = folder / "server.toml", folder / "state"
    _write_settings(settings, state)
    command = [sys.executable, "-m", "loa_server", "init", "--config", str(settings), "--demo"]
    made = subprocess.run(command, capture_output=True, check=False, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return state


def _write_settings(path: Path, state: Path) -> None:
    text = (ROOT / "provisioning" / "server.toml").read_text(encoding="utf-8")
    path.write_text(settle(text, {"state_dir": str(state)}), encoding="utf-8")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def heard_on(client: Client, topic: str) -> bytes:
    """The next message on this topic; others before it are let go."""
    while True:
        name, payload = client.heard()
        if name == topic:
            return payload


def payload_of(envelope: bytes) -> bytes:
    return open_envelope(envelope, BULLETIN_ENVELOPE).payload
