"""The real `loa-node` programs in processes of their own, in a folder of one test."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

PATIENCE_S = 20.0


class Node:
    """`start("player")`, `start("agent")`, `start("run")`; the sound is in `wav`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wav = folder / "loudspeaker.wav"
        self.picture = folder / "screen.png"
        self.state = folder / "state"
        self.identity = self.state / "identity"
        self.settings = folder / "node.toml"
        folder.mkdir(parents=True, exist_ok=True)
        self.write_settings()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def write_settings(
        self, *, heartbeat_s: int = 2, size: str = "640x360", believed: bool = True, link: str = ""
    ) -> None:
        """`believed`: this machine's clock is as good as one that a time server keeps."""
        self.settings.write_text(
            f'state_dir = "{self.state}"\nruntime_dir = "{self.folder / "run"}"\n'
            f'[player]\noutput = "file"\nfile = "{self.wav}"\n'
            f'[screen]\ndriver = "dummy"\nsize = "{size}"\npicture = "{self.picture}"\n'
            f'[agent]\nheartbeat_s = {heartbeat_s}\nlink = "{link}"\n'
            f"simulate_proved_clock = {str(believed).lower()}\n"
        )

    def power_cycle(self) -> None:
        """What starts from now on finds another boot, on a board that has no clock chip."""
        board = self.folder / "board"
        boot = board / "proc" / "sys" / "kernel" / "random" / "boot_id"
        boot.parent.mkdir(parents=True, exist_ok=True)
        boot.write_text(f"{uuid.uuid4()}\n")
        line = f'sysfs = "{board}"\n'
        text = self.settings.read_text()
        if line not in text:
            self.settings.write_text(text + line)  # the last section is the agent's

    def start(self, *programs: str, **environment: str) -> None:
        around = os.environ | environment
        for name in programs:
            with (self.folder / f"{name}.log").open("ab") as log:
                command = [sys.executable, "-m", "loa_node", name, "--config", str(self.settings)]
                self._running[name] = subprocess.Popen(command, stdout=log, stderr=log, env=around)

    def kill(self, name: str) -> None:
        """kill -9, as a power cut would."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def end(self, name: str) -> int:
        process = self._running.pop(name)
        process.terminate()
        return process.wait(PATIENCE_S)

    def runs(self, name: str) -> bool:
        return name in self._running

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def child_of(self, parent: str, name: str) -> int:
        """The process that `run` started for one of the three programs."""
        task = Path(f"/proc/{self.pid(parent)}/task/{self.pid(parent)}/children")
        for pid in task.read_text().split():
            if name in Path(f"/proc/{pid}/cmdline").read_text().split("\0"):
                return int(pid)
        raise AssertionError(f"{name} is not running")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def close(self) -> None:
        for name in reversed(list(self._running)):
            self.end(name)
