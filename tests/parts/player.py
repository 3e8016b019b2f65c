"""The real player program in a process of its own, and an agent's end of its socket."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from loa_node.lines import Message, Wire, dial

PROGRAM = (
    "import sys; from pathlib import Path; from loa_node.config import read; "
    "from loa_node.player.main import run; sys.exit(run(read(Path(sys.argv[1]))))"
)
PATIENCE_S = 20.0


class Peer:
    """What an agent does: connects, orders, listens."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._wire = self._dial()
        self._waiting: list[Message] = []
        self.hello = self.until("hello")

    def send(self, **message: object) -> None:
        assert self._wire.send(message)

    def play(self, play: str, path: Path, signed_ms: int = 2000, **more: object) -> None:
        self.send(do="play", play=play, path=str(path), duration_ms=signed_ms, **more)

    def until(self, kind: str, play: str | None = None) -> Message:
        """The next message of this kind (and play); others before it are let go."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            while self._waiting:
                message = self._waiting.pop(0)
                if message["is"] == kind and play in (None, message.get("play")):
                    return message
            self._waiting = self._wire.receive()
            time.sleep(0.002)
        raise AssertionError(f"no {kind} for {play}")

    def outcome(self, play: str) -> tuple[str, str, str]:
        said = self.until("outcome", play)
        return said["result"], said["reason"], said["evidence"]

    def reconnect(self) -> Message:
        self._wire.close()
        self._wire, self._waiting = self._dial(), []
        self.hello = self.until("hello")
        return self.hello

    def close(self) -> None:
        self._wire.close()

    def _dial(self) -> Wire:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if wire := dial(self._socket):
                return wire
            time.sleep(0.02)
        raise AssertionError("nobody listens")


class Player:
    """`Player(folder)` with sound to `folder/loudspeaker.wav`; start, kill and start again."""

    def __init__(self, folder: Path, output: str = "file", microphone: str = "none") -> None:
        self.folder = folder
        self.wav = folder / "loudspeaker.wav"
        self.socket = folder / "run" / "player.sock"
        self._settings = folder / "node.toml"
        self._settings.write_text(
            f'state_dir = "{folder}"\nruntime_dir = "{folder / "run"}"\n'
            f'[player]\noutput = "{output}"\nfile = "{self.wav}"\n'
            f'microphone = "{microphone}"\nmicrophone_file = "{folder / "microphone.wav"}"\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Peer:
        self.socket.unlink(missing_ok=True)  # a killed one leaves its socket behind
        self.launch()
        return Peer(self.socket)

    def launch(self) -> None:
        with (self.folder / "player.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(self._settings)], stderr=log
            )

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE_S)
