"""Who asks for everything and reads nothing: the district's connections, memory, descriptors."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loa_server.web.doorman import Doorman, Rule, _over
from loa_server.web.openings import OF_ONE, Openings
from parts.broker import free_port
from parts.pki import Certificates

pytestmark = pytest.mark.parts

VOICE = "ab" * 32
SIZE = 8 * 1024 * 1024
MALLORY, HAMLET = "127.0.0.2", "127.0.0.3"
PROGRAM = """
import asyncio, sys
from pathlib import Path
from loa_server.web.doorman import Doorman, Rule
from loa_server.web.listening import listening
from loa_server.web.nodes_asgi import NodesListener
public, cert, key, port = sys.argv[1:]
async def main():
    doorman = Doorman({int(port): Rule(of_one=100)})
    listener = NodesListener(Path(public), cut=doorman.cut, send_s=2.0)
    server = listening(listener, "127.0.0.1", int(port), only_http1=True,
                       ssl_cert=Path(cert), ssl_key=Path(key))
    asyncio.get_running_loop().create_task(doorman.watch())
    await server.serve()
asyncio.run(main())
"""


@dataclass
class Listener:
    port: int
    context: ssl.SSLContext
    pid: int

    def ask(self, source: str, path: str = f"/media/{VOICE}", little: int = 0) -> ssl.SSLSocket:
        """A request sent, its answer not read; `little`: with as little room for it."""
        line = socket.socket()
        if little:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, little)
        line.bind((source, 0))
        line.settimeout(30)
        line.connect(("127.0.0.1", self.port))
        tls = self.context.wrap_socket(line, server_hostname="localhost")
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return tls

    def held(self) -> int:
        """Connections that the program has open; what listens counts as one."""
        held = 0
        for one in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed while we looked
                held += str(one.readlink()).startswith("socket:")
        return held


@pytest.fixture
def listener(tmp_path: Path, pki: Certificates) -> Iterator[Listener]:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / VOICE).write_bytes(bytes(SIZE))
    files, port = pki.server(), free_port()
    arguments = [str(tmp_path), str(files.cert), str(files.key), str(port)]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments])
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.05)
    yield Listener(port, ssl.create_default_context(cafile=str(pki.cafile)), process.pid)
    process.terminate()
    process.wait(10)


def status_of(line: ssl.SSLSocket) -> int:
    return int(
        line.recv(
            12,
        ).split()[1]
    )


def whole(line: ssl.SSLSocket) -> int:
    """Bytes of the body that came."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += line.recv(4096)
    got = len(head.split(b"\r\n\r\n", 1)[1])
    while got < SIZE and (more := line.recv(65536)):
        got += len(more)
    return got


def test_answers_that_nobody_reads_are_cut_and_a_hamlet_hears_meanwhile(
    listener: Listener,
) -> None:
    before = listener.held()
    unread = [listener.ask(MALLORY, little=4096) for _ in range(OF_ONE)]
    one_more = listener.ask(MALLORY)

    assert status_of(one_more) == 503
    assert whole(listener.ask(HAMLET)) == SIZE
    wait_until(lambda: listener.held() <= before + 3)
    assert whole(listener.ask(MALLORY)) == SIZE
    assert len(unread) == OF_ONE  # open to the end at their side


def wait_until(true: object, seconds: float = 20) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_slow_reader_is_no_attacker(listener: Listener) -> None:
    line = listener.ask(HAMLET, little=65536)
    got = 0
    head = line.recv(4096)
    for _ in range(20):  # longer than one piece may take, in all
        time.sleep(0.15)
        got += len(line.recv(65536))

    assert head.startswith(b"HTTP/1.1 200")
    assert got > 0
    assert line.recv(1) != b""


def test_connections_of_one_address_are_counted_before_they_ask_anything() -> None:
    rules = {1: Rule(of_one=2, longest_s=900), 2: Rule(of_one=1, longest_s=None, ourselves=False)}
    since = {
        (1, ("10.0.0.1", 5)): 0.0,
        (1, ("10.0.0.1", 6)): 950.0,
        (1, ("10.0.0.1", 7)): 960.0,
        (1, ("10.0.0.2", 5)): 990.0,
        (2, ("127.0.0.1", 5)): 0.0,
        (2, ("127.0.0.1", 6)): 0.0,
    }

    over = _over(since, rules, 1000.0)

    assert over == [(1, ("10.0.0.1", 5)), (1, ("10.0.0.1", 7))]


def test_the_youngest_connection_over_the_number_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        ours = [listening.accept()[0] for _ in lines]
        doorman = Doorman({port: Rule(of_one=2)})
        doorman.look(0.0)
        for line in lines:
            line.settimeout(0)

        assert [ended(line) for line in lines].count(True) == 1
        for line in (*lines, *ours):
            line.close()


def ended(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False


def test_all_addresses_together_have_a_number_too() -> None:
    openings = Openings(of_one=2, in_all=3)

    taken = [openings.take(who) for who in ("a", "a", "a", "b", "c")]
    openings.release("a")

    assert taken == [True, True, False, True, False]
    assert openings.take("c")
