"""A PulseAudio of one test with one sink that leads nowhere, and what its monitor took."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np

THERE = shutil.which("pulseaudio") is not None
RATE = 48_000


class Pulse:
    def __init__(self, folder: Path) -> None:
        self.socket = folder / "pulse.sock"
        self._home = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {"PULSE_SERVER": f"unix:{self.socket}", "HOME": str(self._home)}

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        modules = [
            f"module-native-protocol-unix socket={self.socket} auth-anonymous=1",
            # without norewinds a capture loses what was rewound
            "module-null-sink sink_name=room norewinds=1 rate=48000 channels=1",
            "module-stream-restore restore_device=false",
        ]
        loads = [word for module in modules for word in ("-L", module)]
        own = {"PULSE_RUNTIME_PATH": str(self._home / "run"), "HOME": str(self._home)}
        with (self._home / "pulse.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", *loads],
                env=os.environ | own,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 20
        while not self._ready():
            assert time.monotonic() < end, (self._home / "pulse.log").read_text()
            time.sleep(0.02)

    def _ready(self) -> bool:
        try:
            return "room" in self.ask("list", "short", "sinks")
        except subprocess.CalledProcessError:
            return False

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self.kill()

    def ask(self, *words: str) -> str:
        command = ["pactl", *words]
        env = os.environ | self.environment
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


class Monitor:
    """Takes what the sink is given, until it is closed; then `level_db`."""

    def __init__(self, pulse: Pulse) -> None:
        command = ["parec", "-d", "room.monitor", "--raw", "--format=s16le", "--channels=1"]
        self._recorder = subprocess.Popen(
            [*command, f"--rate={RATE}", "--latency-msec=20"],
            stdout=subprocess.PIPE,
            env=os.environ | pulse.environment,
        )

    def loudest_db(self) -> float:
        """Of the loudest half second taken so far; ends the taking."""
        self._recorder.terminate()
        taken, _ = self._recorder.communicate()
        sound = np.frombuffer(taken[: len(taken) - len(taken) % 2], "<i2").astype(float)
        half = RATE // 2
        levels = [float((sound[n : n + half] ** 2).mean()) for n in range(0, len(sound), half)]
        return 10 * float(np.log10(max(levels, default=0.0) / 32768**2 + 1e-12))
