"""Player and screen have no network: libVLC fetches nothing, whatever a playlist names."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fakes.scenes import a_scene_message
from loa_node.alone import FAMILIES
from parts.player import Player
from parts.screen import Screen
from parts.sound import a_tone, heard

pytestmark = pytest.mark.parts

UNIT = Path(__file__).resolve().parents[2] / "provisioning/systemd/loa-node-player.service"
# The player's own adapter, without the look at the first bytes that comes before it.
PLAY = """
import sys, time
from pathlib import Path
from queue import SimpleQueue
from loa_node.alone import give_up_network
from loa_node.player.output import Output
from loa_node.player.vlc_player import VlcPlayer
if sys.argv[2] == "locked":
    assert give_up_network() == ""
heard = SimpleQueue()
player = VlcPlayer(Output("none", ("--aout=dummy",), None), Path("/sys"), heard)
player.open()
player.start("01B", Path(sys.argv[1]), 50)
end = time.monotonic() + 5
while time.monotonic() < end:
    if heard.get(timeout=6).what in ("ended", "error"):
        break
player.close()
"""


@dataclass
class Listening:
    """An attacker's server, and what was asked of it."""

    asked: list[str] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def attacker() -> Iterator[Listening]:
    listening = Listening()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listening.asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    listening.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield listening
    server.shutdown()
    server.server_close()


@pytest.fixture
def playlist(tmp_path: Path, attacker: Listening) -> Path:
    path = tmp_path / "x.mp3"
    segment = f"#EXTINF:3,\n{attacker.address}/a.ts\n"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n{segment}#EXT-X-ENDLIST\n")
    return path


def played(*command: str) -> None:
    subprocess.run([*command], check=True, timeout=60)


def locks_of(process: int) -> list[tuple[str, str]]:
    """(NoNewPrivs, Seccomp) of each of its threads."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        said = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines())
        found.append((said["NoNewPrivs"], said["Seccomp"]))
    return found


def test_libvlc_alone_fetches_what_a_playlist_names(playlist: Path, attacker: Listening) -> None:
    played(sys.executable, "-c", PLAY, str(playlist), "free")

    assert attacker.asked[0] == "/a.ts"


def test_libvlc_in_the_player_fetches_nothing(playlist: Path, attacker: Listening) -> None:
    played(sys.executable, "-c", PLAY, str(playlist), "locked")

    assert attacker.asked == []


def test_libvlc_in_a_network_namespace_as_the_unit_asks_fetches_nothing(
    playlist: Path, attacker: Listening
) -> None:
    assert "PrivateNetwork=yes" in UNIT.read_text()

    # root needs no user namespace for it, and has none in a chroot
    apart = "-n" if os.geteuid() == 0 else "-rn"
    played("unshare", apart, sys.executable, "-c", PLAY, str(playlist), "free")

    assert attacker.asked == []


def test_the_unit_and_the_player_leave_the_same_families() -> None:
    (line,) = [x for x in UNIT.read_text().splitlines() if x.startswith("RestrictAddressFamilies")]

    assert tuple(line.split("=", 1)[1].split()) == FAMILIES


def test_every_thread_of_the_running_player_is_locked_and_it_plays(tmp_path: Path) -> None:
    player = Player(tmp_path)
    peer = player.start()
    peer.play("01B", a_tone(tmp_path / "tone.opus"))
    peer.until("sounding", "01B")
    assert player.process is not None
    locks = locks_of(player.process.pid)

    assert len(locks) > 2
    assert set(locks) == {("1", "2")}
    assert peer.outcome("01B")[0] == "played"
    peer.close()
    player.end()
    assert 1000 in heard(player.wav)


def test_every_thread_of_the_running_screen_is_locked_and_it_shows(tmp_path: Path) -> None:
    screen = Screen(tmp_path)
    peer = screen.start()

    assert peer.show(a_scene_message())["scene"] == a_scene_message()["id"]
    assert screen.process is not None
    assert set(locks_of(screen.process.pid)) == {("1", "2")}
    peer.close()
    assert screen.end() == 0
