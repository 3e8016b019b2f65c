"""`loa-server up`: the programs under one, without a broker, as on a morning when it is late."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from parts.broker import free_port
from parts.installation import children_of

pytestmark = pytest.mark.parts
PATIENCE_S = 60.0


@dataclass
class Up:
    process: subprocess.Popen[bytes]
    log: Path
    state: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def programs(self) -> dict[str, int]:
        """Name -> pid of what runs below it."""
        found = {}
        for pid in children_of(self.process.pid):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"loa_server" in words:
                found[words[words.index(b"loa_server") + 1].decode()] = pid
        return found

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)


def settings(folder: Path) -> Path:
    console, nodes, broker = free_port(), free_port(), free_port()
    file = folder / "server.toml"
    file.write_text(
        f'state_dir = "{folder}/s"\n[console]\nport = {console}\n'
        f"[nodes]\nport = {nodes}\n[broker]\nport = {broker}\n",
        encoding="utf-8",
    )
    return file


def loa_server(word: str, file: Path) -> list[str]:
    return [sys.executable, "-m", "loa_server", word, "--config", str(file)]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    file = settings(tmp_path)
    env = {k: v for k, v in os.environ.items() if not k.startswith("LOA_")}
    subprocess.run([*loa_server("init", file), "--demo"], check=True, env=env, capture_output=True)
    log = tmp_path / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen(loa_server("up", file), stdout=out, stderr=out, env=env)
    started = Up(process, log, tmp_path / "s")
    started.until(lambda: "ready: http://127.0.0.1:" in started.said())
    yield started
    if process.poll() is None:
        process.terminate()
        process.wait(PATIENCE_S)


def test_it_says_when_all_answer_and_ends_with_all_of_them(up: Up) -> None:
    before = up.programs()
    assert set(before) == {"signer", "duty", "engine", "web"}

    up.process.send_signal(signal.SIGTERM)

    assert up.process.wait(PATIENCE_S) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in before.values())
    assert not (up.state / "run" / "signer.sock").exists()


def test_a_program_that_dies_comes_back(up: Up) -> None:
    before = up.programs()["signer"]

    os.kill(before, signal.SIGKILL)

    up.until(lambda: up.programs().get("signer", before) != before)
    assert "signer ended with -9; it starts again in" in up.said()
    assert up.programs()["web"]


def test_a_killed_supervisor_leaves_nobody_behind(up: Up) -> None:
    below = up.programs().values()

    up.process.kill()

    up.process.wait(PATIENCE_S)
    up.until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))


def test_before_init_it_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        loa_server("up", settings(tmp_path)), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "run `loa-server init` first" in done.stdout
