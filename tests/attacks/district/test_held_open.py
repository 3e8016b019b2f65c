"""Who asks for everything and reads nothing: the district's connections, memory, descriptors."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from loa_server.web.console_asgi import App, application
from loa_server.web.doorman import Doorman, Rule, _over
from loa_server.web.openings import OF_ONE, Openings
from loa_server.web.turns import BusyError, Turns
from parts.broker import free_port
from parts.pki import Certificates

pytestmark = pytest.mark.parts

VOICE = "ab" * 32
SIZE = 8 * 1024 * 1024
MALLORY, HAMLET = "127.0.0.2", "127.0.0.3"
PROGRAM = """
import asyncio, sys
from pathlib import Path
from loa_server.web.console_asgi import App, application
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


def test_a_connection_that_asks_nothing_is_cut_and_one_that_is_answered_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        silent, asking, unread = (socket.create_connection(("127.0.0.1", port)) for _ in range(3))
        ours = [listening.accept()[0] for _ in range(3)]
        doorman = Doorman({port: Rule(of_one=9, longest_s=None, idle_s=100.0)})
        doorman.look(0.0)
        with doorman.visit(asking.getsockname()), doorman.visit(unread.getsockname()):
            doorman.cut(unread.getsockname())
            doorman.look(101.0)
        for line in (silent, asking, unread):
            line.settimeout(0)

        assert [ended(line) for line in (silent, asking, unread)] == [True, False, True]
        for line in (silent, asking, unread, *ours):
            line.close()


def test_who_holds_all_their_turns_keeps_nobody_else_waiting() -> None:
    async def scene() -> list[str]:
        turns = Turns(of_one=2, in_all=3, wait_s=0.05)
        told: list[str] = []

        async def come(who: str) -> None:
            try:
                async with turns.turn(who):
                    told.append(who)
            except BusyError:
                told.append(f"{who}: busy")

        async with turns.turn("mallory"), turns.turn("mallory"):
            await come("mallory")
            await come("hamlet")
            async with turns.turn("office"):
                await come("hamlet")
        await come("mallory")
        return told

    assert asyncio.run(scene()) == ["mallory: busy", "hamlet", "hamlet: busy", "mallory"]


@pytest.mark.usefixtures("database")
def test_the_console_answers_while_hundreds_read_nothing_of_its_files() -> None:
    """Each page costs a thread until its last byte is taken; systemd gives us so many."""

    async def scene() -> tuple[int, int]:
        app, before = application(settings.LOA), threading.active_count()
        unread = [Asked(app, f"10.9.9.{n % 8}", STYLE, reads=False) for n in range(500)]
        await settled(lambda: sum(one.status for one in unread))
        page = Asked(app, "10.0.0.1", "/sign-in")
        await page.answered
        held = threading.active_count() - before
        for one in unread:
            one.answered.cancel()
        await asyncio.gather(*(one.answered for one in unread), return_exceptions=True)
        return page.status, held

    status, held = asyncio.run(scene())

    assert status == 200
    assert held < int(setting("loa-server-web", "TasksMax")) - 100


async def settled(number: Callable[[], int]) -> None:
    """Until it has not changed for a while."""
    last = -1
    while (now := number()) != last or not now:
        last = now
        await asyncio.sleep(0.3)


STYLE = "/static/vendor/tabler/tabler.min.css"


class Asked:
    """One request of the console, by who reads the answer or does not."""

    def __init__(self, app: App, address: str, path: str, *, reads: bool = True) -> None:
        self._reads = reads
        self._sent = False
        self.status = 0
        call = app(a_scope(address, path), self._receive, self._send)
        self.answered = asyncio.ensure_future(call)

    async def _receive(self) -> dict[str, Any]:
        if self._sent:
            await asyncio.Event().wait()  # it stays
        self._sent = True
        return {"type": "http.request"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        if message["type"] == "http.response.body" and not self._reads:
            await asyncio.Event().wait()


def a_scope(address: str, path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "client": (address, "4000"),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }


def setting(unit: str, name: str) -> str:
    folder = Path(__file__).resolve().parents[3] / "provisioning" / "systemd"
    text = (folder / f"{unit}.service").read_text(encoding="utf-8")
    return text.split(f"\n{name}=")[1].split("\n")[0]


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
