"""What `make run` and `make demo` execute, from an empty folder, with every real part."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
import requests

pytestmark = [pytest.mark.parts, pytest.mark.journey]

ROOT = Path(__file__).resolve().parents[2]


class Here:
    """One run of provisioning/here.py, and what it prints."""

    def __init__(self, word: str, state: Path) -> None:
        command = [sys.executable, "-m", "provisioning.here", word, "--state", str(state)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.said = ""
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, words: str, limit_s: float = 120) -> None:
        while words not in self.said:
            line = self._lines.get(timeout=limit_s)
            if not line:
                raise AssertionError(f"ended before it said {words!r}:\n{self.said}")
            self.said += line

    def end(self) -> int:
        """Waits for its end; the exit status."""
        while line := self._lines.get(timeout=900):
            self.said += line
        return self.process.wait(30)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def address(self) -> str:
        found = re.search(r"Console +(\S+)", self.said)
        assert found is not None, self.said
        return found[1]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")


@pytest.fixture
def state() -> Iterator[Path]:
    # Not tmp_path: sockets live in here, and their paths may not be long.
    with tempfile.TemporaryDirectory(prefix="loa-") as folder:
        yield Path(folder)


def programs_of(state: Path) -> list[str]:
    """Command lines of every process that works in this state folder."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = line.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(state) in text and "provisioning.here" not in text:
            found.append(text)
    return found


def test_it_starts_from_nothing_stops_without_a_trace_and_comes_back_the_same(state: Path) -> None:
    first = Here("run", state)
    first.wait_for("Ctrl-C stops")
    answer = requests.get(first.address() + "/sign-in", timeout=10)
    assert answer.status_code == 200
    assert programs_of(state) != []
    assert first.stop() == 0
    assert programs_of(state) == []

    second = Here("run", state)
    second.wait_for("Ctrl-C stops")
    assert second.address() == first.address()
    for account in json.loads((state / "server/demo/accounts.json").read_text()).values():
        assert account["password"] in first.said
        assert account["password"] in second.said
    assert second.stop() == 0


def test_a_second_run_from_the_same_folder_is_refused_and_the_first_goes_on(state: Path) -> None:
    first = Here("run", state)
    first.wait_for("Ctrl-C stops")

    second = Here("run", state)

    assert second.end() == 1
    assert "It already runs from" in second.said
    assert requests.get(first.address() + "/sign-in", timeout=10).status_code == 200
    assert first.stop() == 0


def test_a_program_that_dies_is_named_and_the_others_are_stopped(state: Path) -> None:
    here = Here("run", state)
    here.wait_for("Ctrl-C stops")
    os.kill(int((state / "broker/mosquitto.pid").read_text()), signal.SIGKILL)

    assert here.end() == 1
    assert "broker ended by itself" in here.said
    assert programs_of(state) == []


def test_the_sample_programme_goes_through_the_console_and_is_heard(state: Path) -> None:
    demo = Here("demo", state)

    status = demo.end()

    rows = re.findall(r"^(\S.*) · (node-\w+) · played · (\w+)$", demo.said, re.MULTILINE)
    samples = json.loads((ROOT / "content/samples/programme.json").read_text())["bulletins"]
    assert status == 0, demo.said
    assert sorted(title for title, _, _ in rows) == sorted(s["title"]["vi"] for s in samples)
    assert {evidence for _, _, evidence in rows} <= {"decoder", "device", "heard"}
