"""`loa-server up`: signer, duty signer (where it is not elsewhere), engine and web, each a process.

A program that ends is started again, after a wait that doubles while it keeps ending. They stop in
reverse: no page accepts an approval that nobody would sign.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from loa_server.config import ServerConfig
from loa_server.migrating import migrate_after_backup

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STEADY_S = 20.0
STOP_S = 10.0
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Program:
    name: str
    answers: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    wait_s: float = FIRST_WAIT_S
    again_at: float = field(default=0.0)

    def start(self) -> None:
        command = [sys.executable, "-m", "loa_server", self.name]
        # its own session: Ctrl-C reaches `up` alone, which stops them in order
        self.process = subprocess.Popen(  # noqa: S603
            command,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # no thread is running here
        )
        self.began = time.monotonic()

    def look(self, now: float) -> None:
        """Starts it again if it has ended and its wait is over."""
        if self.process is not None and self.process.poll() is not None:
            status = self.process.returncode
            steady = now - self.began > STEADY_S
            self.wait_s = FIRST_WAIT_S if steady else min(self.wait_s * 2, LONGEST_WAIT_S)
            self.again_at, self.process = now + self.wait_s, None
            _say(f"{self.name} ended with {status}; it starts again in {self.wait_s:.1f} s")
        if self.process is None and now >= self.again_at:
            self.start()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            _say(f"{self.name} did not end within {STOP_S:.0f} s and was killed")
            self.process.kill()
            self.process.wait()


def run(config: ServerConfig) -> int:
    if not config.secret_file.exists():
        _say(f"nothing in {config.state_dir} yet: run `loa-server init` first")
        return 2
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    migrate_after_backup(config)
    leftovers = [config.signer_socket, config.engine_socket]
    for leftover in leftovers if config.duty.elsewhere else [*leftovers, config.duty_socket]:
        leftover.unlink(missing_ok=True)  # what a killed run left would look like an answer
    programs = _programs(config)
    ready = False
    while not stopping.is_set():
        for program in programs:
            program.look(time.monotonic())
        if not ready and all(program.answers() for program in programs):
            ready = True
            print(f"ready: {config.console_url}", flush=True)  # noqa: T201
        stopping.wait(0.5 if ready else 0.05)
    for program in reversed(programs):
        program.stop()
    return 0


def _programs(config: ServerConfig) -> list[Program]:
    os.environ["PYTHONUNBUFFERED"] = "1"
    console = "127.0.0.1" if config.console.bind == "" else config.console.bind
    nodes = "127.0.0.1" if config.nodes.bind == "" else config.nodes.bind
    duty = Program("duty", lambda: _unix_answers(config.duty_socket))
    return [
        Program("signer", lambda: _unix_answers(config.signer_socket)),
        *([] if config.duty.elsewhere else [duty]),
        Program("engine", config.engine_socket.exists),
        Program(
            "web",
            lambda: (
                _http_answers(console, config.console.port, tls=config.console.tls)
                and _http_answers(nodes, config.nodes.port, tls=True)
            ),
        ),
    ]


def _unix_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _http_answers(host: str, port: int, *, tls: bool) -> bool:
    """Any answer at all, as opposed to a port that is bound before the program can serve."""
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  # compared, not bound
    try:
        with socket.create_connection((host, port), timeout=2) as raw:
            probe = _unchecked(raw) if tls else raw
            probe.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return probe.recv(5).startswith(b"HTTP")
    except OSError:
        return False


def _unchecked(raw: socket.socket) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # a question of life, not of identity
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(raw)


def _end_with_parent() -> None:
    """A killed `up` leaves nobody behind who would hold its ports and its sockets."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _say(text: str) -> None:
    print(f"loa-server: {text}", flush=True)  # noqa: T201
