"""A real Mosquitto with the product's own configuration, on a free port of this machine."""

from __future__ import annotations

import fcntl
import itertools
import os
import socket
import subprocess
import tempfile
import time
from functools import lru_cache
from pathlib import Path

from parts.pki import Certificates
from provisioning import broker


class Broker:
    """Clients come with a certificate: `pki.node("tq-01")` or `pki.program("loa-engine")`."""

    host = "localhost"

    def __init__(self, folder: Path, pki: Certificates) -> None:
        self.pki = pki
        self.port = free_port()
        self.folder = folder
        server = pki.server()
        tls = broker.Tls(pki.cafile, server.cert, server.key)
        self._conf = broker.render(folder, self.port, tls, log=f"file {folder}/mosquitto.log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen([broker.PROGRAM, "-c", str(self._conf)])
        for _ in range(500):
            if self._process.poll() is not None:
                raise RuntimeError(f"mosquitto ended at once:\n{self.log()}")
            if self._listens():
                return
            time.sleep(0.02)
        raise RuntimeError(f"mosquitto does not listen:\n{self.log()}")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.bind(("127.0.0.2", 0))  # from 127.0.0.1 it can connect to itself
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def said(self) -> str:
        """For whoever was refused: whether it runs, how it ended, its last words."""
        ended = None if self._process is None else self._process.poll()
        return f"mosquitto on {self.port}, ended: {ended}\n{self.log()[-2000:]}"

    def stop(self) -> None:
        """As systemd stops it: retained messages and sessions reach the disk."""
        self._end(kill=False)

    def kill(self) -> None:
        """As a power cut stops it (kill -9)."""
        self._end(kill=True)

    def reload(self) -> None:
        """SIGHUP: reads the acl file again."""
        if self._process is not None:
            self._process.send_signal(1)

    def log(self) -> str:
        path = self.folder / "mosquitto.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _end(self, *, kill: bool) -> None:
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait()
        self._process = None


def free_port() -> int:
    """Below the ports that the kernel gives to connections and to port 0, so that nothing takes it
    before its owner listens; each process of tests counts through a range of its own."""
    first = FIRST + _lane() * LANE
    for _ in range(LANE):
        port = first + next(_turn) % LANE
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError(f"no free port from {first} on")


@lru_cache
def _lane() -> int:
    """Held by a lock until this process ends: two runs of tests at once share no port."""
    for n in range(LANES):
        lane = (os.getpid() + n) % LANES
        lock = os.open(
            Path(tempfile.gettempdir(), f"loa-ports-{lane}"), os.O_RDWR | os.O_CREAT, 0o666
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        return lane
    raise RuntimeError(f"{LANES} runs of tests at once")


FIRST, LANE, LANES = 20_000, 100, 120
_turn = itertools.count()
