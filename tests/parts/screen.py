"""The real screen program in a process of its own, an X server for it, and an agent's end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loa_node.lines import Message, Wire, dial

PROGRAM = (
    "import sys; from pathlib import Path; from loa_node.config import read; "
    "from loa_node.screen.main import run; sys.exit(run(read(Path(sys.argv[1]))))"
)
PATIENCE_S = 20.0


class Peer:
    """What an agent does: connects, shows, asks for pictures, listens."""

    def __init__(self, socket: Path) -> None:
        self._wire = _dialled(socket)
        self._waiting: list[Message] = []
        self.hello = self.until("hello")

    def send(self, **message: Any) -> None:
        assert self._wire.send(message)

    def show(self, scene: dict[str, Any]) -> Message:
        self.send(do="show", scene=scene)
        return self.until("shown")

    def picture(self, path: Path, **more: Any) -> Path:
        self.send(do="picture", path=str(path), **more)
        assert self.until("pictured")["path"] == str(path)
        return path

    def until(self, kind: str) -> Message:
        """The next message of this kind; others before it are let go."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            while self._waiting:
                message = self._waiting.pop(0)
                if message["is"] == kind:
                    return message
            self._waiting = self._wire.receive()
            time.sleep(0.005)
        raise AssertionError(f"no {kind}")

    def close(self) -> None:
        self._wire.close()


def _dialled(socket: Path) -> Wire:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if wire := dial(socket):
            return wire
        time.sleep(0.02)
    raise AssertionError("nobody listens")


class Screen:
    """`Screen(folder)`; its mirror is `folder/mirror.png`."""

    def __init__(
        self,
        folder: Path,
        driver: str = "dummy",
        display: str = "",
        *,
        mirror: bool = True,
        size: str = "1920x1080",
    ) -> None:
        self.mirror = folder / "mirror.png"
        self.socket = folder / "run" / "screen.sock"
        self.log = folder / "screen.log"
        self._settings = folder / "node.toml"
        picture = f'picture = "{self.mirror}"\n' if mirror else ""
        self._settings.write_text(
            f'state_dir = "{folder}"\nruntime_dir = "{folder / "run"}"\n'
            f'[screen]\ndriver = "{driver}"\nsize = "{size}"\n{picture}'
        )
        outside = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"}
        self._environ = {name: v for name, v in os.environ.items() if name not in outside}
        if display:
            self._environ["DISPLAY"] = display
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> subprocess.Popen[bytes]:
        self.socket.unlink(missing_ok=True)  # a killed one leaves its socket behind
        with self.log.open("ab") as log:
            command = [sys.executable, "-c", PROGRAM, str(self._settings)]
            self.process = subprocess.Popen(command, stderr=log, env=self._environ)
        return self.process

    def start(self) -> Peer:
        self.launch()
        return Peer(self.socket)

    def end(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE_S)


@contextmanager
def x_server(size: str = "1920x1080") -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Its DISPLAY, on a number it chose itself, and its process."""
    program = shutil.which("Xvfb")
    assert program, "Xvfb is not installed"
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [program, "-displayfd", str(write_end), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[write_end],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as number:
        display = f":{number.readline().strip()}"
    try:
        yield display, process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
